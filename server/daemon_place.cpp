#include "daemon_place.hpp"

#include <filesystem>
#include <utility>

#include <ringview/control/ring_name.hpp>
#include <ringview/control/socket_path.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/paths.hpp>

namespace ringview::server {
namespace {

platform::FileLock take_lock(const std::string& path, const std::string& what, const std::string& hint) {
    if (auto lock = platform::FileLock::try_acquire(path)) return std::move(*lock);
    const int pid = platform::FileLock::holder_pid(path);
    throw Error(
        Error::exists,
        "another daemon" + (pid != 0 ? " (pid " + std::to_string(pid) + ")" : std::string{}) + " has the " + what,
        hint);
}

/// The first standard place whose directory is there or can be made.
std::string choose_socket(const std::string& given) {
    if (!given.empty()) return given;
    std::string tried;
    for (const auto& [path, refusal] : control::daemon_candidates(control::SocketEnvironment::from_process())) {
        const std::string directory = control::directory_of(path);
        try {
            if (!refusal.empty()) throw Error(Error::denied, refusal);
            if (platform::is_writable_directory(directory)) return path;
            platform::make_private_directory(directory);
            return path;
        } catch (const Error& error) {
            tried += (tried.empty() ? "" : "; ") + error.message();
        }
    }
    throw Error(Error::system, "there is no place for a socket: " + tried, "give --socket");
}

platform::FileLock take_socket_lock(const std::string& socket_path) {
    return take_lock(socket_path + ".lock", "socket " + socket_path,
                     "stop it first, or give this one another --socket");
}

platform::FileLock take_instance_lock(const std::string& instance) {
    control::check_instance(instance);
    return take_lock("/dev/shm/" + control::segment_prefix(instance) + "lock", "instance " + instance,
                     "stop it first, or give this one another --instance");
}

/// The same for each way to write the path, from wherever it was written: a daemon finds what its predecessor left,
/// and another's `here.sock` is another.
std::string instance_at(const std::string& socket_path) {
    return control::instance_of_socket(std::filesystem::absolute(socket_path).lexically_normal().string());
}

}  // namespace

DaemonPlace::DaemonPlace(const std::string& socket_path, const std::string& instance)
    : socket_path_(choose_socket(socket_path)),
      instance_(instance.empty() ? instance_at(socket_path_) : instance),
      socket_lock_(take_socket_lock(socket_path_)),
      instance_lock_(take_instance_lock(instance_)) {}

platform::UniqueFd DaemonPlace::listen(std::uint32_t mode) const {
    // Whom the socket lets in must get to it. Elsewhere the folder is not ours to open.
    if (socket_path_ == control::system_socket) platform::let_pass(control::directory_of(socket_path_), mode);
    // We hold the lock, so a socket that is there belongs to nobody.
    if (const auto facts = platform::path_facts(socket_path_)) {
        if (!facts->is_socket)
            throw Error(Error::exists, socket_path_ + " is there and is no socket", "give another --socket");
        platform::remove_file(socket_path_);
    }
    platform::UniqueFd listener = platform::listen_at(socket_path_, mode);
    platform::refuse_descriptors(listener.get());
    return listener;
}

}  // namespace ringview::server
