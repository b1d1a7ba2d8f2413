#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

#include <ringview/platform/users.hpp>

namespace ringview::platform {
namespace {

/// Calls one of the getpw…_r family with a buffer that grows until the entry fits.
template <class Entry, class Call>
bool look_up(Entry& entry, std::vector<char>& buffer, Call call) {
    buffer.resize(1024);
    Entry* found = nullptr;
    while (call(&entry, buffer.data(), buffer.size(), &found) == ERANGE) buffer.resize(buffer.size() * 2);
    return found != nullptr;
}

}  // namespace

std::optional<uid_t> uid_of_user(const std::string& name) {
    passwd entry{};
    std::vector<char> buffer;
    const bool found = look_up(entry, buffer, [&](passwd* e, char* text, std::size_t bytes, passwd** result) {
        return getpwnam_r(name.c_str(), e, text, bytes, result);
    });
    return found ? std::optional(entry.pw_uid) : std::nullopt;
}

std::optional<gid_t> gid_of_group(const std::string& name) {
    group entry{};
    std::vector<char> buffer;
    const bool found = look_up(entry, buffer, [&](group* e, char* text, std::size_t bytes, group** result) {
        return getgrnam_r(name.c_str(), e, text, bytes, result);
    });
    return found ? std::optional(entry.gr_gid) : std::nullopt;
}

std::string user_name(uid_t uid) {
    passwd entry{};
    std::vector<char> buffer;
    const bool found = look_up(entry, buffer, [&](passwd* e, char* text, std::size_t bytes, passwd** result) {
        return getpwuid_r(uid, e, text, bytes, result);
    });
    return found ? entry.pw_name : std::to_string(uid);
}

}  // namespace ringview::platform
