#pragma once

#include <ringview/control/ring_info.hpp>
#include <ringview/control/ring_spec.hpp>

#include "json_reader.hpp"

namespace ringview::control {

json::object spec_to_json(const RingSpec& spec);
RingSpec spec_from_json(const JsonReader& reader);

json::object info_to_json(const RingInfo& info, bool with_members);
RingInfo info_from_json(const JsonReader& reader);

/// The value of the enum that `name` is, or an error of the reader that names the member and the choices.
Backend backend_member(const JsonReader& reader);
Policy policy_member(const JsonReader& reader, Policy fallback);
Start start_member(const JsonReader& reader, Start fallback);

json::array to_json(const std::vector<std::int64_t>& numbers);
json::array to_json(const std::vector<std::string>& texts);

}  // namespace ringview::control
