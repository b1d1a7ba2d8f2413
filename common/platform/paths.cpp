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

bool is_writable_directory(const std::string& path) {
    const std::optional<PathFacts> facts = path_facts(path);
    return facts && facts->is_directory && access(path.c_str(), W_OK | X_OK) == 0;
}

bool remove_file(const std::string& path) {
    return unlink(path.c_str()) == 0;
}

}  // namespace ringview::platform
