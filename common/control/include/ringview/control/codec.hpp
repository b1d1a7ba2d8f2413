#pragma once

#include <string>
#include <string_view>

#include <ringview/control/messages.hpp>

/// Between messages and packets. Decoding is the one gate for what comes from another process: it throws Error::corrupt
/// (not JSON, a member of the wrong type), Error::version, or Error::unsupported (an unknown op), and says which member
/// was wrong, what was expected and what was found. Members that are not known are passed over.
namespace ringview::control {

/// Throws Error::invalid, naming the member, for a text that is not UTF-8.
std::string encode(const Request& request);
Request decode_request(std::string_view packet);

std::string encode(const Reply& reply);
std::string encode(const Error& error);

/// As a reply of the type R; an error reply is thrown as the Error it carries.
template <class R>
R decode_reply(std::string_view packet);

/// `{"rings":[…]}`, as `stat --json` and `ls --json` print it. The members of a RingInfo that list leaves out stay out.
std::string rings_to_json(const std::vector<RingInfo>& rings, bool with_members);

const char* policy_name(Policy policy) noexcept;
const char* start_name(Start start) noexcept;
const char* backend_name(Backend backend) noexcept;
const char* huge_pages_name(HugePages huge_pages) noexcept;
/// Throw Error::invalid.
Policy policy_from_name(std::string_view name);
Start start_from_name(std::string_view name);
Backend backend_from_name(std::string_view name);
HugePages huge_pages_from_name(std::string_view name);

}  // namespace ringview::control
