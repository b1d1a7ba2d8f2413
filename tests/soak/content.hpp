#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

/// What the soak's messages hold: who wrote it, its number among that producer's, and bytes that follow from both. So a
/// reader can tell a message that was torn, overwritten, or handed out out of turn.
namespace ringview::soak {

struct Stamp {
    std::uint64_t producer;  ///< drawn at random by each producer process
    std::uint64_t number;    ///< from 0 on, of those that it published
    std::uint64_t bytes;     ///< of the whole message
    std::uint64_t checksum;  ///< of the three above
};

constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

constexpr std::uint64_t checksum_of(const Stamp& s) noexcept {
    return mixed(s.producer + mixed(s.number + mixed(s.bytes)));
}

constexpr std::byte body_byte(const Stamp& s, std::size_t index) noexcept {
    return static_cast<std::byte>(s.checksum >> (index % 8 * 8) ^ index);
}

/// `place` is at least a Stamp.
inline void write_content(std::span<std::byte> place, std::uint64_t producer, std::uint64_t number) noexcept {
    Stamp stamp{producer, number, place.size(), 0};
    stamp.checksum = checksum_of(stamp);
    std::memcpy(place.data(), &stamp, sizeof stamp);
    for (std::size_t i = sizeof stamp; i < place.size(); ++i) place[i] = body_byte(stamp, i);
}

/// False where a message is not what some producer wrote.
inline bool read_content(std::span<const std::byte> message, Stamp& stamp) noexcept {
    if (message.size() < sizeof stamp) return false;
    std::memcpy(&stamp, message.data(), sizeof stamp);
    if (stamp.bytes != message.size() || stamp.checksum != checksum_of(stamp)) return false;
    for (std::size_t i = sizeof stamp; i < message.size(); ++i) {
        if (message[i] != body_byte(stamp, i)) return false;
    }
    return true;
}

}  // namespace ringview::soak
