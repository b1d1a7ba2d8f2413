#pragma once

#include <chrono>
#include <map>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "chance.hpp"
#include "content.hpp"

/// What everybody who reads checks of a message.
namespace ringview::soak {

inline Stamp whole(std::span<const std::byte> bytes, std::uint64_t position) {
    Stamp stamp{};
    require(read_content(bytes, stamp), fmt::format("the message at {} is torn", position));
    return stamp;
}

struct Held {
    Message<> message;
    Stamp stamp;  ///< that it had when it was handed out
};

inline void require_unchanged(const Held& held) {
    Stamp stamp{};
    require(read_content(held.message.bytes(), stamp) && stamp.checksum == held.stamp.checksum,
            fmt::format("the message at {} was overwritten while it was held", held.message.position()));
}

/// Each producer's messages come in its order, and to whoever misses nothing without a gap.
class ProducersOrder {
 public:
    void check(const Stamp& stamp, std::uint64_t position, bool misses_nothing) {
        const auto [entry, is_new] = last_numbers_.try_emplace(stamp.producer, stamp.number);
        if (is_new) return;
        require(stamp.number > entry->second,
                fmt::format("message {} of a producer came after its {}", stamp.number, entry->second));
        require(!misses_nothing || stamp.number == entry->second + 1,
                fmt::format("a lossless consumer missed what came between {} and {} of a producer (position {})",
                            entry->second, stamp.number, position));
        entry->second = stamp.number;
    }

 private:
    std::map<std::uint64_t, std::uint64_t> last_numbers_;
};

/// A producer's messages were published one after the other, and not in the future.
class PublishTimes {
 public:
    using Time = std::chrono::steady_clock::time_point;

    void check(const Stamp& stamp, Time published_at, bool has_timestamps) {
        if (!has_timestamps)
            return require(published_at == Time{}, "a message has a time on a ring without timestamps");
        Time& before = last_times_[stamp.producer];
        require(published_at > Time{} && published_at >= before && published_at <= std::chrono::steady_clock::now(),
                fmt::format("message {} of a producer has a time before that of the one before it, or one to come",
                            stamp.number));
        before = published_at;
    }

 private:
    std::map<std::uint64_t, Time> last_times_;
};

}  // namespace ringview::soak
