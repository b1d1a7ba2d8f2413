#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <fmt/core.h>

#include "content.hpp"
#include "world.hpp"

namespace ringview::explore {

/// Reserves one slot or some, writes messages into all of them, into the first ones or into none, and publishes those.
template <class Side>
class Producer : public Client {
 public:
    Producer(World& world, unsigned line)
        : Client(fmt::format("producer {}", line), line, [&world] { world.watch.look(); }), world_(world) {}

 private:
    void run() override {
        side_.emplace(world_.writable(), world_.ring.barrier(), place());
        for (;;) {
            be_through(true);
            Fiber::step();
            if (world_.is_ending) continue;
            be_through(false);
            const Error::Code code = side_->try_reserve(1 + world_.chance.below(world_.scenario.ring.slots));
            world_.findings.expect(code == Error::Code{} || code == Error::full, "{} is told {} by reserve", name(),
                                   static_cast<int>(code));
            if (code == Error::Code{}) use_reservation();
        }
    }

    void use_reservation() {
        const std::uint64_t reserved = side_->reserved_count();
        const std::uint64_t messages = world_.chance.one_in(4) ? world_.chance.below(reserved + 1) : reserved;
        for (std::uint64_t i = 0; i < messages; ++i) write(side_->position() + i);
        if (messages == 0) {
            side_->abandon();
        } else if (reserved == 1 && world_.chance.one_in(2)) {
            side_->publish(content_bytes);
        } else {
            side_->publish_batch(std::span(lengths).first(messages));
        }
    }

    /// In two steps: the message is half there in between.
    void write(layout::Position position) {
        std::byte* const payload = side_->payload(position);
        const Content content = content_of(position);
        const auto half = content.begin() + content_bytes / 2;
        Fiber::step();
        world_.watch.expect_nobody_reads(position);
        std::copy(content.begin(), half, payload);
        Fiber::step();
        world_.watch.expect_nobody_reads(position);
        std::copy(half, content.end(), payload + content_bytes / 2);
    }

    static constexpr std::array<std::uint32_t, 8> lengths{content_bytes, content_bytes, content_bytes, content_bytes,
                                                          content_bytes, content_bytes, content_bytes, content_bytes};

    World& world_;
    std::optional<Side> side_;
};

}  // namespace ringview::explore
