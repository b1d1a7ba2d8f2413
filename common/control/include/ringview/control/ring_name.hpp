#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Names of rings, their members and instances, and the segment names made of them.
namespace ringview::control {

inline constexpr std::size_t max_ring_name_bytes = 128;
inline constexpr std::size_t max_instance_bytes = 32;
/// Of subscriptions, groups and producers: what a record in the segment has room for.
inline constexpr std::size_t max_member_name_bytes = 64;
/// NAME_MAX of tmpfs.
inline constexpr std::size_t max_segment_name_bytes = 255;

/// 1 to 128 characters of [a-z0-9._/-]; the parts between slashes are not empty and not `.` or `..`. Throws
/// Error::invalid.
void check_ring_name(std::string_view name);
/// `[a-z0-9_-]{1,32}`. Throws Error::invalid.
void check_instance(std::string_view instance);
/// 1 to 64 printable ASCII characters, none of them a space, `"` or `\`. Throws Error::invalid. `what`: "subscription",
/// "group" or "producer".
void check_member_name(std::string_view name, std::string_view what);

enum class SegmentRole { slots, cursors };

/// `ringview.<instance>.`, which every segment of an instance begins with.
std::string segment_prefix(std::string_view instance);
/// `ringview.<instance>.<ring>.slots`, where every `/` of the ring's name stands as `+`. No ring name contains a `+`,
/// so no two rings share a name.
std::string segment_name(std::string_view instance, std::string_view ring, SegmentRole role);
/// The ring of a slots or cursors segment of this instance; nothing for any other name.
std::optional<std::string> ring_of_segment(std::string_view instance, std::string_view segment);

/// The instance of a daemon that is not given one: the same for the same socket, another for another.
std::string instance_of_socket(std::string_view socket_path);

}  // namespace ringview::control
