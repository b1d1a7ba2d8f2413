#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include <ringview/layout/initialise.hpp>
#include <ringview/ring/group.hpp>
#include <ringview/ring/group_member.hpp>
#include <ringview/ring/shared_producer_side.hpp>

namespace ringview::test {

/// A ring in memory that forked children share, with the daemon's part done by the test, and a word for what a child
/// has to tell. A copy is a ring of its own, as the other one is now.
class MappedRing {
 public:
    using Producer = ring::SharedProducerSide<>;
    using Member = ring::GroupMember<>;

    explicit MappedRing(const layout::RingParameters& parameters)
        : geometry_(layout::plan_geometry(parameters)), barrier_(parameters.asymmetric_barrier), memory_(map()) {
        constexpr std::uint64_t some_id = 7;
        layout::initialise_ring(parameters, some_id, 0, slots(), cursors());
    }
    MappedRing(const MappedRing& other) : geometry_(other.geometry_), barrier_(other.barrier_), memory_(map()) {
        std::copy(other.bytes().begin(), other.bytes().end(), memory_);
    }
    MappedRing& operator=(const MappedRing&) = delete;
    ~MappedRing() { munmap(memory_, size()); }

    std::span<std::byte> bytes() const noexcept { return {memory_, size()}; }
    std::span<std::byte> slots() const noexcept { return {memory_, geometry_.segment_bytes}; }
    std::span<std::byte> cursors() const noexcept {
        return {memory_ + slots_pages_bytes(), layout::cursors_segment_bytes};
    }
    const layout::Geometry& geometry() const noexcept { return geometry_; }
    ring::DaemonRing daemon() const noexcept { return {geometry_, slots().data(), cursors().data()}; }
    std::atomic<std::uint64_t>& note() const noexcept {
        return *reinterpret_cast<std::atomic<std::uint64_t>*>(memory_ + slots_pages_bytes() +
                                                              layout::cursors_segment_bytes);
    }

    template <template <class> class Atomic = std::atomic>
    ring::SharedProducerSide<Atomic> producer(unsigned line) const noexcept {
        ring::open_producer_line(daemon(), line);
        return {{geometry_, slots().data(), cursors().data()}, barrier_, line};
    }
    /// That of a subscription which has joined.
    Member member(unsigned group, unsigned subscription) const noexcept {
        return Member({{geometry_, slots().data(), cursors().data()}, barrier_, subscription, 0}, group);
    }

 private:
    static constexpr std::size_t page = 4096;

    /// A segment begins with a page.
    std::size_t slots_pages_bytes() const noexcept { return (geometry_.segment_bytes + page - 1) / page * page; }
    std::size_t size() const noexcept { return slots_pages_bytes() + layout::cursors_segment_bytes + page; }
    std::byte* map() const {
        void* memory = mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        return static_cast<std::byte*>(memory);
    }

    layout::Geometry geometry_;
    ring::Barrier barrier_;
    std::byte* memory_;
};

}  // namespace ringview::test
