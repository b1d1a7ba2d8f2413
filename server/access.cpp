#include "access.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <ringview/platform/error.hpp>
#include <ringview/platform/users.hpp>

namespace ringview::server {
namespace {

std::optional<std::uint32_t> parse_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

/// Each name in it is looked up in the system's user database while the daemon waits.
constexpr std::size_t max_entries = 64;

[[noreturn]] void refuse(const std::string& entry, const std::string& why) {
    throw Error(Error::invalid, "the access entry \"" + entry + "\" " + why,
                "entries are user:NAME, group:NAME, uid:N, gid:N or any");
}

template <class Id>
Id require(const std::optional<Id>& id, const std::string& entry, const char* why) {
    if (!id) refuse(entry, why);
    return *id;
}

constexpr const char* no_id = "has no number from 0 to 4294967295";

void add(Principals& principals, const std::string& entry) {
    const std::size_t colon = std::min(entry.find(':'), entry.size());
    const std::string kind = entry.substr(0, colon);
    const std::string name = colon < entry.size() ? entry.substr(colon + 1) : std::string{};
    if (entry == "any")
        principals.any = true;
    else if (kind == "user")
        principals.uids.push_back(require(platform::uid_of_user(name), entry, "names no user of this system"));
    else if (kind == "group")
        principals.gids.push_back(require(platform::gid_of_group(name), entry, "names no group of this system"));
    else if (kind == "uid")
        principals.uids.push_back(require(parse_id(name), entry, no_id));
    else if (kind == "gid")
        principals.gids.push_back(require(parse_id(name), entry, no_id));
    else
        refuse(entry, "has no known form");
}

Principals make_principals(const std::vector<std::string>& entries, uid_t creator) {
    Principals principals;
    if (entries.empty()) principals.uids.push_back(creator);
    if (entries.size() > max_entries) {
        throw Error(Error::invalid,
                    "an access list has " + std::to_string(entries.size()) + " entries, at most " +
                        std::to_string(max_entries) + " are allowed",
                    "make a group and list it");
    }
    for (const std::string& entry : entries) add(principals, entry);
    return principals;
}

template <class Id>
bool contains(const std::vector<Id>& ids, Id id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool matches(const Principals& principals, const Peer& peer) {
    return principals.any || contains(principals.uids, peer.uid) || contains(principals.gids, peer.gid) ||
           std::any_of(peer.groups.begin(), peer.groups.end(),
                       [&](gid_t gid) { return contains(principals.gids, gid); });
}

}  // namespace

AccessRules make_rules(const AccessLists& lists, uid_t creator) {
    return {creator, make_principals(lists.produce, creator), make_principals(lists.consume, creator),
            make_principals(lists.manage, creator)};
}

bool is_allowed(const AccessRules& rules, uid_t daemon_uid, const Peer& peer, Right right) {
    if (peer.uid == 0 || peer.uid == daemon_uid) return true;
    switch (right) {
        case Right::produce:
            return matches(rules.produce, peer);
        case Right::consume:
            return matches(rules.consume, peer);
        case Right::manage:
            return matches(rules.manage, peer);
    }
    return false;
}

}  // namespace ringview::server
