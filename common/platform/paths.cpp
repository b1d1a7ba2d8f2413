#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <ringview/platform/error.hpp>
#include <ringview/platform/paths.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::platform {

std::optional<PathFacts> path_facts(const std::string& path) {
    struct stat facts {};
    if (lstat(path.c_str(), &facts) != 0) return std::nullopt;
    return PathFacts{facts.st_uid, facts.st_mode & 07777, S_ISSOCK(facts.st_mode), S_ISDIR(facts.st_mode)};
}

bool is_hidden(const std::string& path) {
    struct stat facts {};
    return lstat(path.c_str(), &facts) != 0 && errno == EACCES;
}

std::uint64_t file_bytes(const std::string& path) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0) throw Error::from_errno("cannot stat " + path, errno);
    return static_cast<std::uint64_t>(facts.st_size);
}

void make_private_directory(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0) return;
    if (errno != EEXIST) throw Error::from_errno("cannot make the directory " + path, errno);
    const std::optional<PathFacts> facts = path_facts(path);
    if (!facts || !facts->is_directory) throw Error(Error::invalid, path + " is there and is no directory");
    if (facts->owner != current_uid() || (facts->permissions & 077) != 0) {
        throw Error(Error::denied,
                    path + " belongs to uid " + std::to_string(facts->owner) +
                        " or is open to others; a directory of uid " + std::to_string(current_uid()) +
                        " with mode 0700 was expected",
                    "remove it, or choose another socket with --socket");
    }
}

void let_pass(const std::string& directory, mode_t file_mode) {
    const std::optional<PathFacts> facts = path_facts(directory);
    if (!facts || !facts->is_directory || facts->owner != current_uid()) return;
    const mode_t group = (file_mode & S_IWGRP) != 0 ? S_IXGRP : 0;
    const mode_t others = (file_mode & S_IWOTH) != 0 ? S_IXOTH : 0;
    const mode_t wanted = facts->permissions | group | others;
    if (wanted != facts->permissions && chmod(directory.c_str(), wanted) != 0)
        throw Error::from_errno("cannot open the directory " + directory + " to others", errno);
}

bool is_writable_directory(const std::string& path) {
    const std::optional<PathFacts> facts = path_facts(path);
    return facts && facts->is_directory && access(path.c_str(), W_OK | X_OK) == 0;
}

bool remove_file(const std::string& path) {
    return unlink(path.c_str()) == 0;
}

}  // namespace ringview::platform
