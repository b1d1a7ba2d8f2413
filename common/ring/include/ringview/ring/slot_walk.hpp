#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/ring/waiting.hpp>

namespace ringview::ring {

/// The lines of a slot are asked for so many positions before they are read or written: further away than the messages
/// that the processor looks into by itself.
inline constexpr std::uint64_t fetched_ahead = 16;
/// A larger slot has enough stores of its own for each further line.
inline constexpr std::uint64_t fetched_lines = 2;

/// The slot of a position that mostly moves on by one: found before it is needed, and without a multiplication. The
/// lines of some further on can be put on their way before they are needed: one after the other, each message would
/// wait for the other processor.
///
/// Belongs to its producer or consumer. `Ring` is a layout::RingMemory.
template <class Ring>
class SlotWalk {
    using Header = std::remove_reference_t<decltype(std::declval<const Ring&>().slot(0))>;
    using Byte = std::conditional_t<std::is_const_v<Header>, const std::byte, std::byte>;

 public:
    /// slot_ahead() and what fetches it are for rings of no fewer slots than `ahead` (catch_up.hpp is never behind in a
    /// small one).
    SlotWalk(const Ring& ring, layout::Position position, std::uint64_t ahead = fetched_ahead) noexcept
        : at_(byte_of(ring, position)),
          stride_(ring.geometry().slot_stride),
          end_(byte_of(ring, 0) + ring.geometry().slot_count * stride_),
          ring_bytes_(ring.geometry().slot_count * stride_),
          ahead_bytes_(ahead * stride_),
          second_line_(stride_ > cache_line_bytes ? cache_line_bytes : 0) {}

    Header& slot() const noexcept { return *reinterpret_cast<Header*>(at_); }

    [[gnu::always_inline]] void step() noexcept {
        at_ += stride_;
        if (at_ == end_) [[unlikely]]
            at_ -= ring_bytes_;
    }
    void jump(const Ring& ring, layout::Position position) noexcept { at_ = byte_of(ring, position); }

    /// Whether asking for the first and the last line of a slot is asking for all of it.
    bool has_few_lines() const noexcept { return stride_ <= fetched_lines * cache_line_bytes; }

    /// Where the slot `ahead` positions on begins.
    [[gnu::always_inline]] Byte* slot_ahead() const noexcept {
        Byte* ahead = at_ + ahead_bytes_;
        return ahead < end_ ? ahead : ahead - ring_bytes_;
    }
    /// The lines of that slot: its header's and the next one, which is all of it where
    /// messages are small.
    [[gnu::always_inline]] void fetch_to_read() const noexcept {
        const Byte* ahead = slot_ahead();
        platform::prefetch(ahead);
        platform::prefetch(ahead + cache_line_bytes);  // of a slot within one line, that of the slot behind it
    }
    /// The same for one that is written next, and has_few_lines().
    [[gnu::always_inline]] void fetch_to_write() const noexcept {
        const Byte* ahead = slot_ahead();
        platform::prefetch_to_write(ahead);
        platform::prefetch_to_write(ahead + stride_ - 1);
    }
    /// Where a message spans more than one line, its second is fetched along with the first that is looked at, not once
    /// that one is there.
    [[gnu::always_inline]] void fetch_second_line() const noexcept { platform::prefetch(at_ + second_line_); }

 private:
    static Byte* byte_of(const Ring& ring, layout::Position position) noexcept {
        return reinterpret_cast<Byte*>(&ring.slot(position));
    }

    Byte* at_;
    std::uint64_t stride_;
    Byte* end_;
    std::uint64_t ring_bytes_;
    std::uint64_t ahead_bytes_;
    std::uint64_t second_line_;  ///< behind the header's; 0 where it would be other slots' alone
};

}  // namespace ringview::ring
