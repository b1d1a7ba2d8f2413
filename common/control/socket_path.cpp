#include <cstdlib>

#include <ringview/control/socket_path.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::control {
namespace {

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

std::string temporary_directory(uid_t uid) {
    return "/tmp/ringview-" + std::to_string(uid);
}

std::string refusal_of(const SocketEnvironment& environment, const std::string& path) {
    const std::string directory = temporary_directory(environment.uid);
    if (path != directory + "/ringview.sock") return {};
    const auto facts = environment.path_facts(directory);
    const bool is_ours = facts && facts->is_directory && (facts->owner == environment.uid || facts->owner == 0) &&
                         (facts->permissions & 077) == 0;
    return is_ours ? std::string{}
                   : directory + " must be a directory of uid " + std::to_string(environment.uid) +
                         " or root with mode 0700";
}

}  // namespace

SocketEnvironment SocketEnvironment::from_process() {
    return {variable("RINGVIEW_SOCKET"), variable("XDG_RUNTIME_DIR"), platform::current_uid(), platform::path_facts};
}

std::vector<std::string> standard_places(const SocketEnvironment& environment) {
    std::vector<std::string> paths{system_socket};
    if (environment.runtime_directory) paths.push_back(*environment.runtime_directory + "/ringview/ringview.sock");
    paths.push_back(temporary_directory(environment.uid) + "/ringview.sock");
    return paths;
}

std::vector<SocketCandidate> client_candidates(const SocketEnvironment& environment) {
    if (environment.ringview_socket) return {{*environment.ringview_socket, {}}};
    std::vector<SocketCandidate> candidates;
    for (const std::string& path : standard_places(environment)) {
        if (!environment.path_facts(path)) continue;
        candidates.push_back({path, refusal_of(environment, path)});
    }
    return candidates;
}

std::vector<SocketCandidate> daemon_candidates(const SocketEnvironment& environment) {
    if (environment.ringview_socket) return {{*environment.ringview_socket, {}}};
    std::vector<SocketCandidate> candidates;
    for (const std::string& path : standard_places(environment)) {
        const bool is_there = environment.path_facts(directory_of(path)).has_value();
        candidates.push_back({path, is_there ? refusal_of(environment, path) : std::string{}});
    }
    return candidates;
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace ringview::control
