#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/group.hpp>

#include "dawdling_atomic.hpp"
#include "futex_probe.hpp"
#include "ring_fixture.hpp"
#include "wake_race.hpp"

/// A sleep races its wake-up, again and again, for each kind of reader and writer. A wake-up that gets lost shows as a
/// sleep that only its bound ends, and that bound is stretched beyond any other reason. What is counted is what went to
/// the kernel to sleep.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

constexpr auto time_for_a_race = 300ms;
constexpr unsigned raced_group = 5;

enum class Fence {
    membarrier,
    help,  ///< the sleepers may not call membarrier, and the daemon does it for them
    fences,
};
enum class Writers { one, several };
enum class Readers { lossless, evictable, lossy, group };
using Race = std::tuple<Writers, Readers, Fence>;

std::string race_name(const testing::TestParamInfo<Race>& info) {
    const auto [writers, readers, fence] = info.param;
    constexpr std::array reader_names{"Lossless", "Evictable", "Lossy", "Group"};
    constexpr std::array fence_names{"Asymmetric", "Help", "Fences"};
    return std::string(writers == Writers::one ? "OneProducer" : "SeveralProducers") +
           reader_names.at(static_cast<std::size_t>(readers)) + fence_names.at(static_cast<std::size_t>(fence));
}

using OneProducer = ring::ProducerSide<DawdlingAtomic>;
using OneOfSeveral = ring::SharedProducerSide<DawdlingAtomic>;
using Reader = ring::ConsumerSide<DawdlingAtomic>;

/// The ring of a race, and everybody on it.
class Scene {
 public:
    Scene(const Race& race, std::uint64_t slots)
        : writers_(std::get<Writers>(race)), readers_(std::get<Readers>(race)), ring_(parameters(race, slots)) {
        if (readers_ == Readers::group) ring::begin_group(ring_.daemon(), raced_group, ring::JoinAt::next);
    }

    const InProcessRing<>& ring() const { return ring_; }
    std::uint64_t slots() const { return ring_.geometry().slot_count; }
    unsigned producers() const { return writers_ == Writers::one ? 1 : 2; }
    bool is_group() const { return readers_ == Readers::group; }
    void end() const { ring::mark_removed(ring_.daemon()); }

    /// Calls `use` with each producer, of whatever type they are.
    template <class Use>
    void for_each_producer(Use&& use) const {
        for (unsigned line = 0; line < producers(); ++line) {
            ring::open_producer_line(ring_.daemon(), line);
            if (writers_ == Writers::one) {
                use(OneProducer(writable(), barrier(), line));
            } else {
                use(OneOfSeveral(writable(), barrier(), line));
            }
        }
    }

    /// The one consumer, or so many members of a group, whose turns to be woken come equally often.
    std::vector<Reader> consumers(unsigned members) const {
        std::vector<Reader> all;
        if (!is_group()) all.push_back(consumer());
        for (unsigned i = 0; is_group() && i < members; ++i)
            all.push_back(member(i * layout::max_subscriptions / members));
        return all;
    }

 private:
    static layout::RingParameters parameters(const Race& race, std::uint64_t slots) {
        layout::RingParameters p = ring_of(slots, two_to_32 - 100);
        p.asymmetric_barrier = std::get<Fence>(race) != Fence::fences;
        p.producers = std::get<Writers>(race) == Writers::one ? 1 : 2;
        return p;
    }
    layout::WritableRing<DawdlingAtomic> writable() const {
        return {ring_.geometry(), ring_.bytes().slots().data(), ring_.bytes().cursors().data()};
    }
    layout::ReadableRing<DawdlingAtomic> readable() const {
        return {ring_.geometry(), ring_.bytes().slots().data(), ring_.bytes().cursors().data()};
    }
    /// Of processes that ask the daemon where they may not call membarrier themselves.
    ring::Barrier barrier() const {
        return ring::Barrier(ring_.geometry().asymmetric_barrier,
                             [](void*) noexcept { return help_with_membarrier(); });
    }
    Reader consumer() const {
        const bool is_lossy = readers_ == Readers::lossy;
        const layout::Position start = is_lossy ? ring_.join_lossy(0) : ring_.join(0);
        return {readable(),
                barrier(),
                0,
                start,
                0,
                is_lossy                         ? ring::Overrun::laps_us
                : readers_ == Readers::evictable ? ring::Overrun::evicts_us
                                                 : ring::Overrun::never};
    }
    Reader member(unsigned subscription) const {
        ring_.set_state(subscription, layout::MemberState::active);
        ring::join_group(ring_.daemon(), raced_group, subscription);
        return {{readable(), barrier(), subscription, 0}, raced_group};
    }

    Writers writers_;
    Readers readers_;
    InProcessRing<> ring_;
};

/// What is reserved, as messages that tell their position.
template <class Producer>
std::uint64_t publish_reserved(Producer& producer) {
    constexpr std::uint32_t length = sizeof(layout::Position);
    const std::uint64_t count = producer.reserved_count();
    const layout::Position first = producer.position();
    for (layout::Position position = first; position != first + count; ++position)
        std::memcpy(producer.payload(position), &position, length);
    if (count == 1) {
        producer.publish(length);
    } else {
        producer.publish_batch(std::array{length, length});
    }
    return count;
}

/// Whoever has received a message may not have released it yet.
template <class Producer>
Error::Code reserve_soon(Producer& producer, std::uint64_t most) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    for (;;) {
        const Error::Code code = producer.try_reserve(most);
        if (code != Error::full || std::chrono::steady_clock::now() > end) return code;
        std::this_thread::yield();
    }
}

/// One of several producers publishes before or after the others, in whatever order they have reserved.
template <class Producer>
std::function<std::uint64_t()> publishing(const Producer& producer, const Approach& approach, Progress& progress) {
    return [producer = producer, approach = approach, &progress]() mutable -> std::uint64_t {
        Dawdling::begin_or_end(&approach.sleepers_bits());
        const Error::Code code = reserve_soon(producer, 1 + approach.number_below(2));
        EXPECT_EQ(code, ok);
        approach();
        if (code == ok) return publish_reserved(producer);
        progress.give_up();
        return 0;
    };
}

void receive_until_removed(Reader consumer, Progress& progress) {
    for (;;) {
        Dawdling::begin_or_end();
        ring::Received message;
        const Error::Code code = consumer.next(message, Deadline::never());
        if (code == Error::removed) return;
        if (code != ok || number_in(message) != message.position) {
            ADD_FAILURE() << "next answered " << static_cast<int>(code) << ", " << testing::PrintToString(message);
            return progress.give_up();
        }
        consumer.release(message.position);
        progress.add(1);
    }
}

template <class Producer>
void send_until_removed(Producer producer, Progress& progress) {
    for (;;) {
        Dawdling::begin_or_end();
        const Error::Code code = producer.reserve(Deadline::never());
        if (code == Error::removed) return;
        if (code != ok) {
            ADD_FAILURE() << "reserve answered " << static_cast<int>(code);
            return progress.give_up();
        }
        progress.add(publish_reserved(producer));
    }
}

/// Takes one message and gives it back. What others have claimed, or not published yet, comes in a moment.
std::function<std::uint64_t()> releasing(const Reader& consumer, const Approach& approach, const Progress& progress) {
    return [consumer = consumer, approach = approach, &progress]() mutable -> std::uint64_t {
        Dawdling::begin_or_end(&approach.sleepers_bits());
        ring::Received message;
        while (consumer.try_next(message) != ok && !progress.is_broken()) std::this_thread::yield();
        if (progress.is_broken()) return 0;
        approach();
        consumer.release(message.position);
        return 1;
    };
}

class LostWake : public testing::TestWithParam<Race> {
 public:
    LostWake() {
        Dawdling::end();  // an earlier race's ring is gone
        stretch_sleeps(5s);
        fail_membarriers(std::get<Fence>(GetParam()) == Fence::help);
        reset_futex_counts();
    }
    ~LostWake() override {
        fail_membarriers(false);
        stretch_sleeps(ring::longest_sleep);
    }

 protected:
    /// While everybody is still there: without futex_waitv their end would count.
    static void expect_that_none_was_lost() {
        const FutexCounts counts = futex_counts();
        EXPECT_EQ(counts.overslept, 0U) << "of " << counts.sleeps << " sleeps";
        EXPECT_GE(counts.sleeps, fewest_sleeps()) << "without sleeps nothing was tried";
    }
};

class LostWakeOfAPublish : public LostWake {};
class LostWakeOfARelease : public LostWake {};

TEST_P(LostWakeOfAPublish, NoConsumerSleepsOn) {
    const Scene scene(GetParam(), 4);  // one batch of each producer
    Progress progress;
    std::vector<std::thread> readers;
    for (auto& consumer : scene.consumers(3))
        readers.emplace_back([&progress, consumer] { receive_until_removed(consumer, progress); });
    std::vector<std::function<std::uint64_t()>> steps;
    scene.for_each_producer([&](const auto& producer) {
        const auto seed = static_cast<unsigned>(steps.size());
        steps.push_back(publishing(producer, Approach(scene.ring().daemon().waiters().bits, seed), progress));
    });
    race_in_rounds(steps, progress, RaceClock(time_for_a_race));
    expect_that_none_was_lost();
    scene.end();
    for (std::thread& reader : readers) reader.join();
}

TEST_P(LostWakeOfARelease, NoProducerSleepsOn) {
    const Scene scene(GetParam(), 2);  // so small that they wait for a single slot: every release is to wake one
    Progress progress;
    std::vector<std::function<std::uint64_t()>> steps;
    for (auto& consumer : scene.consumers(2)) {
        const auto seed = static_cast<unsigned>(steps.size());
        const Approach approach(scene.ring().daemon().state().producers_waiting.value, seed);
        steps.push_back(releasing(consumer, approach, progress));
    }
    std::vector<std::thread> writers;
    scene.for_each_producer([&](const auto& producer) {
        writers.emplace_back([&progress, producer] { send_until_removed(producer, progress); });
    });
    race_in_rounds(steps, progress, RaceClock(time_for_a_race), scene.slots());
    expect_that_none_was_lost();
    scene.end();
    for (std::thread& writer : writers) writer.join();
}

const auto raced_fences = testing::Values(Fence::membarrier, Fence::help, Fence::fences);
const auto raced_writers = testing::Values(Writers::one, Writers::several);

INSTANTIATE_TEST_SUITE_P(Of, LostWakeOfAPublish,
                         testing::Combine(raced_writers,
                                          testing::Values(Readers::lossless, Readers::lossy, Readers::group),
                                          raced_fences),
                         race_name);
INSTANTIATE_TEST_SUITE_P(Of, LostWakeOfARelease,
                         testing::Combine(raced_writers,
                                          testing::Values(Readers::lossless, Readers::evictable, Readers::group),
                                          raced_fences),
                         race_name);

}  // namespace
}  // namespace ringview::test
