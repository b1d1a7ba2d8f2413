#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

/// Facts about paths, for whoever decides by them.
namespace ringview::platform {

struct PathFacts {
    uid_t owner = 0;
    mode_t permissions = 0;  ///< the low twelve bits of the mode
    bool is_socket = false;
    bool is_directory = false;  ///< a symbolic link is neither
};

/// Nothing where there is nothing, or nothing we may see. Does not follow a symbolic link.
std::optional<PathFacts> path_facts(const std::string& path);

/// Whether a folder on the way is closed to us, so that nobody can say what is there.
bool is_hidden(const std::string& path);

/// Bytes of a file. Throws Error where it cannot be seen.
std::uint64_t file_bytes(const std::string& path);

/// Makes a directory of mode 0700, or accepts one that is there, is no link and belongs to us. Throws otherwise.
void make_private_directory(const std::string& path);

/// Opens a directory of ours to all who may write a file of such a mode in it, as connecting to a socket does: they may
/// pass, and no more. One of somebody else stays as it is.
void let_pass(const std::string& directory, mode_t file_mode);

/// Whether a file could be made in this directory.
bool is_writable_directory(const std::string& path);

/// Whether there was one.
bool remove_file(const std::string& path);

}  // namespace ringview::platform
