#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "in_process_ring.hpp"

/// Threads that stream numbered messages of many lengths through one mapping, every byte checked at the other end.
namespace ringview::test {

struct StreamPlan {
    std::uint64_t slots = 64;
    unsigned consumers = 1;
    std::uint64_t messages = 0;
    bool asymmetric_barrier = true;
    layout::Position first_position = 0;
    std::uint64_t history = 0;
    unsigned producers = 1;  ///< each sends all the messages
};

inline constexpr std::uint32_t stream_slot_bytes = 64;

inline layout::RingParameters ring_for(const StreamPlan& plan) {
    layout::RingParameters p = small_ring();
    p.slots = plan.slots;
    p.slot_bytes = stream_slot_bytes;
    p.history = plan.history;
    p.producers = plan.producers;
    p.first_position = plan.first_position;
    p.asymmetric_barrier = plan.asymmetric_barrier;
    return p;
}

/// The message of a position: its length and bytes follow from it.
struct StreamMessage {
    std::byte bytes[stream_slot_bytes];
    std::uint32_t length;

    explicit StreamMessage(layout::Position position)
        : length(static_cast<std::uint32_t>((position * 7) % (stream_slot_bytes + 1))) {
        for (std::uint32_t i = 0; i < stream_slot_bytes; ++i) bytes[i] = static_cast<std::byte>(position * 31 + i);
    }
    bool equals(const ring::Received& message) const {
        return message.length == length && std::memcmp(message.payload, bytes, length) == 0;
    }
};

/// Publishes `count` messages; false as soon as a call fails.
template <class Producer>
bool send_stream(Producer& producer, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        if (producer.reserve(ring::Deadline::never()) != Error::Code{}) return false;
        const StreamMessage message(producer.position());
        std::memcpy(producer.payload(), message.bytes, message.length);
        producer.publish(message.length);
    }
    return true;
}

/// Reads as a lossy consumer until `is_over` and nothing is left: holds some messages for a while, looks at each once
/// more before it lets go, and counts every position. False as soon as something is not what it should be.
template <class Consumer>
bool receive_lossy_stream(Consumer& consumer, const std::atomic<bool>& is_over, unsigned seed) {
    std::minstd_rand random(seed);
    std::vector<ring::Received> held;
    const layout::Position first = consumer.next_position();
    std::uint64_t delivered = 0;
    bool is_whole = true;
    const auto let_go = [&](std::size_t index) {
        is_whole &= StreamMessage(held[index].position).equals(held[index]);
        consumer.release(held[index].position);
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
    };
    while (is_whole) {
        const bool is_last_look = is_over.load();
        ring::Received message;
        const Error::Code code = consumer.next(message, ring::Deadline::after(std::chrono::milliseconds(1)));
        if (code == Error::Code{}) {
            ++delivered;
            is_whole &= StreamMessage(message.position).equals(message);
            held.push_back(message);
        }
        if (!held.empty() && (code != Error::Code{} || held.size() > 3 || random() % 2 == 0))
            let_go(random() % held.size());
        if (code == Error::empty && is_last_look && held.empty()) break;
        if (code != Error::Code{} && code != Error::empty && code != Error::too_many_held) return false;
    }
    return is_whole && delivered + consumer.lost() + consumer.stepped_over() == consumer.next_position() - first;
}

/// Takes `count` messages and releases them in pairs, the later one first; false as soon as one is not what it should
/// be.
template <class Consumer>
bool receive_stream(Consumer& consumer, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const layout::Position expected = consumer.next_position();
        ring::Received message;
        if (consumer.next(message, ring::Deadline::never()) != Error::Code{}) return false;
        if (message.position != expected || !StreamMessage(expected).equals(message)) return false;
        ring::Received second;
        if (i + 1 < count && consumer.try_next(second) == Error::Code{}) {
            if (second.position != expected + 1 || !StreamMessage(expected + 1).equals(second)) return false;
            consumer.release(second.position);
            ++i;
        }
        consumer.release(message.position);
    }
    return true;
}

/// The plan's producers and consumers, each in a thread. How many of them saw something wrong.
template <template <class> class ProducerAtomic = std::atomic, template <class> class ConsumerAtomic = std::atomic>
unsigned failures_of_stream(const StreamPlan& plan) {
    const InProcessRing<ProducerAtomic, ConsumerAtomic> ring(ring_for(plan));
    std::atomic<unsigned> failures{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < plan.consumers; ++i) {
        threads.emplace_back([&failures, &plan, &ring, consumer = ring.consumer(i)]() mutable {
            if (receive_stream(consumer, plan.messages * plan.producers)) return;
            failures.fetch_add(1, std::memory_order_relaxed);
            ring::mark_removed(ring.daemon());
        });
    }
    const auto send = [&failures, &plan](auto producer) {
        if (!send_stream(producer, plan.messages)) failures.fetch_add(1, std::memory_order_relaxed);
    };
    if (plan.producers == 1) {
        threads.emplace_back(send, ring.producer());
    } else {
        for (unsigned line = 0; line < plan.producers; ++line) threads.emplace_back(send, ring.shared_producer(line));
    }
    for (std::thread& thread : threads) thread.join();
    return failures.load();
}

}  // namespace ringview::test
