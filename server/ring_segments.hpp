#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <ringview/control/ring_info.hpp>
#include <ringview/control/ring_spec.hpp>
#include <ringview/layout/geometry.hpp>
#include <ringview/platform/lost_pages.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/page_facts.hpp>
#include <ringview/platform/unique_fd.hpp>

namespace ringview::server {

/// The two segments of a ring, in memory of the kind that its spec wishes for. The cursors are always in ordinary
/// pages: consumers may write them, and could punch holes that only a pool with a page to spare can fill again.
class RingSegments {
 public:
    /// Makes them, full of zeros. Throws Error::no_memory, Error::exists, Error::invalid; leaves nothing then.
    RingSegments(const std::string& instance, const RingSpec& spec, const layout::Geometry& geometry);
    RingSegments(const RingSegments&) = delete;
    RingSegments& operator=(const RingSegments&) = delete;
    /// Removes their names, unless keep_names() was called.
    ~RingSegments();

    /// What they may take at most, before they are made.
    static std::uint64_t planned_bytes(const RingSpec& spec, const layout::Geometry& geometry);

    const platform::Mapping& slots() const noexcept { return slots_.mapping; }
    const platform::Mapping& cursors() const noexcept { return cursors_.mapping; }
    /// Of both, as long as they really are.
    std::uint64_t bytes() const noexcept { return slots().size() + cursors().size(); }
    /// A client has taken memory of them away: we see zeros instead, and nothing that the others do.
    bool are_lost() const noexcept;
    /// The two descriptors for an attach: slots for that access only, cursors read-write. Error::corrupt where a client
    /// has taken memory of them away.
    std::array<platform::UniqueFd, 2> open(platform::Access slots_access) const;
    MemoryInfo info(const platform::ProcessPages& pages) const;
    /// What the spec wishes and the machine did not give, and why; empty: nothing.
    const std::string& note() const noexcept { return note_; }

    /// Nobody is going to attach any more, and other segments may take the names.
    void remove_names() noexcept;
    void keep_names() noexcept { slots_.owns_name = cursors_.owns_name = false; }

 private:
    struct Segment {
        std::string name{};       ///< as it is called in /dev/shm, or labelled
        bool owns_name = false;   ///< it has one there, and takes it along
        platform::UniqueFd fd{};  ///< of an anonymous one
        platform::Mapping mapping{};
        std::optional<platform::LostPages> lost_pages{};  ///< from when clients may write it
    };

    void make(const RingSpec& spec, const layout::Geometry& geometry);
    platform::UniqueFd make_slots(HugePages huge_pages, std::uint64_t bytes);
    platform::UniqueFd make_reserved(std::uint64_t bytes);
    platform::UniqueFd make_transparent(std::uint64_t bytes);
    platform::UniqueFd make_ordinary(Segment& segment, std::uint64_t bytes) const;
    void use_memory(const RingSpec& spec) const;
    platform::UniqueFd open(const Segment& segment, platform::Access access) const;
    void add_note(const std::string& text);

    Backend backend_;
    std::optional<std::uint32_t> node_;
    bool is_reserved_ = false;  ///< the slots lie in reserved huge pages
    Segment slots_;
    Segment cursors_;
    std::string note_;
};

}  // namespace ringview::server
