#pragma once

#include <chrono>

#include <ringview/ringview.hpp>

#include "chance.hpp"
#include "content.hpp"
#include "report.hpp"
#include "worker.hpp"

namespace ringview::soak {

/// A producer: messages of any length one by one and in batches, pauses, and reservations that it abandons.
class Producing {
 public:
    Producing(const Task& task, Client client)
        : random_(task.seed),
          report_(*task.report),
          me_(random_()),
          producer_(client.producer(task.ring, {.waiting = waiting()})) {}

    void step() {
        using namespace std::chrono_literals;
        const std::uint64_t choice = below(random_, 20);
        if (choice == 0) {
            (void)producer_.reserve(5ms);  // abandoned
        } else if (choice < 5) {
            publish_batch();
        } else {
            publish_one();
        }
        report_.messages.store(number_, std::memory_order_relaxed);
        if (below(random_, 200) == 0) pause();
    }

 private:
    Waiting waiting() { return below(random_, 4) == 0 ? Waiting::yield : Waiting::sleep; }
    void pause() { platform::sleep_for(std::chrono::microseconds(below(random_, 3000))); }

    std::size_t some_length(std::size_t capacity) {
        return sizeof(Stamp) + below(random_, capacity - sizeof(Stamp) + 1);
    }

    void publish_one() {
        auto slot = producer_.reserve(patience);
        if (!slot) return expect(slot.error());
        require(!slot.resize(some_length(slot.capacity())), "a length that fits is refused");
        write_content(slot.bytes(), me_, number_);
        require(!slot.publish(), "a reserved slot cannot be published");
        ++number_;
    }

    void publish_batch() {
        auto slots = producer_.reserve(1 + below(random_, most_in_a_batch), patience);
        if (!slots) return expect(slots.error());
        const std::size_t count = below(random_, slots.size() + 1);
        for (std::size_t i = 0; i < count; ++i) {
            require(!slots[i].resize(some_length(slots[i].bytes().size())), "a length that fits is refused");
            write_content(slots[i].bytes(), me_, number_ + i);
        }
        require(!slots.publish(count), "reserved slots cannot be published");
        number_ += count;
    }

    static void expect(std::error_code error) { require(error == Error::full, "reserve: " + error.message()); }

    static constexpr std::chrono::milliseconds patience{20};
    static constexpr std::uint64_t most_in_a_batch = 4;  ///< the smallest ring has so many slots

    Random random_;
    Report& report_;
    std::uint64_t me_;
    Producer<> producer_;
    std::uint64_t number_ = 0;
};

}  // namespace ringview::soak
