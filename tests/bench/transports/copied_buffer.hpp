#pragma once

#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

#include "../payload.hpp"
#include "../transport.hpp"
#include "../two_processes.hpp"

namespace ringview::bench {

/// One buffer each way and a word that says which message is in it: the payload is made in private memory, copied in
/// by one side and copied out by the other, all of it warm in the caches. Less than any queue that copies can do.
class CopiedBuffer {
 public:
    static constexpr const char* name = "copied_buffer";

    struct Buffer {
        std::atomic<std::uint64_t>* number;
        std::byte* bytes;
    };
    struct Channel {
        static constexpr std::size_t header_bytes = 128;
        explicit Channel(const TransportParameters& p) : memory(2 * (header_bytes + p.bytes)) {
            auto* base = static_cast<std::byte*>(memory.data());
            for (Buffer& buffer : buffers) {
                buffer = {new (base) std::atomic<std::uint64_t>{0}, base + header_bytes};
                base += header_bytes + p.bytes;
            }
        }
        SharedMemory memory;
        std::array<Buffer, 2> buffers{};
    };

    CopiedBuffer(Channel& channel, Side side, const TransportParameters& p)
        : out_(channel.buffers[side == Side::ours ? 0 : 1]),
          in_(channel.buffers[side == Side::ours ? 1 : 0]),
          private_(p.bytes) {}

    /// Only in turn with the other side: the next message overwrites this one.
    void send(std::uint64_t number) {
        write_payload(private_.data(), private_.size(), number);
        std::memcpy(out_.bytes, private_.data(), private_.size());
        out_.number->store(number, std::memory_order_release);
    }
    bool try_receive(std::uint64_t number) {
        if (in_.number->load(std::memory_order_acquire) != number) return false;
        std::memcpy(private_.data(), in_.bytes, private_.size());
        check_payload(private_.data(), private_.size(), number);
        return true;
    }
    void receive(std::uint64_t) { throw std::logic_error("a bare buffer cannot be slept on"); }

 private:
    Buffer out_;
    Buffer in_;
    std::vector<std::byte> private_;
};

}  // namespace ringview::bench
