#include "worker.hpp"

#include <signal.h>

#include <chrono>
#include <deque>
#include <map>
#include <stdexcept>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "chance.hpp"
#include "content.hpp"
#include "member.hpp"

namespace ringview::soak {
namespace {

using namespace std::chrono_literals;
volatile sig_atomic_t is_stopping = 0;

// ---- producers

class Producing {
 public:
    Producing(const Task& task, Client client)
        : random_(task.seed), me_(random_()), producer_(client.producer(task.ring, {.waiting = waiting()})) {}

    void step() {
        const std::uint64_t choice = below(random_, 20);
        if (choice == 0) {
            (void)producer_.reserve(5ms);  // abandoned
        } else if (choice < 5) {
            publish_batch();
        } else {
            publish_one();
        }
        if (below(random_, 200) == 0) pause();
    }

 private:
    Waiting waiting() { return below(random_, 4) == 0 ? Waiting::yield : Waiting::sleep; }
    void pause() { platform::sleep_for(std::chrono::microseconds(below(random_, 3000))); }

    std::size_t some_length(std::size_t capacity) {
        return sizeof(Stamp) + below(random_, capacity - sizeof(Stamp) + 1);
    }

    void publish_one() {
        auto slot = producer_.reserve(20ms);
        if (!slot) return expect(slot.error());
        require(!slot.resize(some_length(slot.capacity())), "a length that fits is refused");
        write_content(slot.bytes(), me_, number_);
        require(!slot.publish(), "a reserved slot cannot be published");
        ++number_;
    }

    void publish_batch() {
        auto slots = producer_.reserve(1 + below(random_, most_in_a_batch), 20ms);
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

    static constexpr std::uint64_t most_in_a_batch = 4;  ///< the smallest ring has so many slots

    Random random_;
    std::uint64_t me_;
    Producer<> producer_;
    std::uint64_t number_ = 0;
};

// ---- consumers

class Consuming {
 public:
    Consuming(const Task& task, Client client)
        : random_(task.seed),
          is_lossless_(task.policy == Policy::lossless),
          consumer_(client.consumer(task.ring, {.name = task.durable_name,
                                                .policy = task.policy,
                                                .start = static_cast<Start>(below(random_, 3)),
                                                .durable = !task.durable_name.empty()})),
          begin_(consumer_.position() - consumer_.lost()) {}

    void step() {
        const std::uint64_t choice = below(random_, 20);
        if (choice == 0) {
            keep(consumer_.try_latest());
        } else if (choice < 4) {
            take_batch();
        } else if (choice < 12) {
            keep(consumer_.next(20ms));
        } else {
            keep(consumer_.try_next());
        }
        while (held_.size() > most_held_) release_one();
        if (below(random_, 100) == 0) most_held_ = below(random_, 4);
        if (below(random_, 300) == 0) platform::sleep_for(std::chrono::microseconds(below(random_, 5000)));
        check_accounts();
    }

    /// At the end nothing is held, and the accounts are still right.
    void finish() {
        while (!held_.empty()) release_one();
        check_accounts();
    }

 private:
    struct Held {
        Message<> message;
        Stamp stamp;
    };

    void keep(Message<> message) {
        if (!message) {
            // Held messages may be all that a lossy consumer can keep.
            const bool is_usual = message.error() == Error::empty || message.error() == Error::too_many_held;
            require(is_usual, "next: " + message.error().message());
            if (message.error() == Error::too_many_held && !held_.empty()) release_one();
            return;
        }
        const Stamp stamp = checked(message.bytes(), message.position());
        held_.push_back({std::move(message), stamp});
    }

    void take_batch() {
        auto messages = consumer_.try_next(1 + below(random_, 16));
        for (const auto message : messages) checked(message.bytes(), message.position());
        for (const auto message : messages) {
            Stamp stamp{};
            require(read_content(message.bytes(), stamp), "a message of a batch was overwritten while it was held");
        }
    }

    Stamp checked(std::span<const std::byte> bytes, std::uint64_t position) {
        Stamp stamp{};
        require(read_content(bytes, stamp), fmt::format("the message at {} is torn", position));
        require(delivered_ == 0 || position > last_position_, "positions do not rise");
        const bool is_next_position = delivered_ != 0 && position == last_position_ + 1;
        const auto [entry, is_new] = last_numbers_.try_emplace(stamp.producer, stamp.number);
        if (!is_new) {
            require(stamp.number > entry->second,
                    fmt::format("message {} of a producer came after its {}", stamp.number, entry->second));
            const bool misses_nothing = is_lossless_ && consumer_.skipped() == 0 && consumer_.lost() == 0;
            require(
                !misses_nothing || stamp.number == entry->second + 1,
                fmt::format("a lossless consumer missed what came between {} and {} of a producer (position {}, {})",
                            entry->second, stamp.number, position, is_next_position ? "next" : "after a gap"));
            entry->second = stamp.number;
        }
        last_position_ = position;
        ++delivered_;
        return stamp;
    }

    void release_one() {
        auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(below(random_, held_.size()));
        Stamp stamp{};
        require(read_content(chosen->message.bytes(), stamp) && stamp.number == chosen->stamp.number &&
                    stamp.producer == chosen->stamp.producer,
                fmt::format("the message at {} was overwritten while it was held", chosen->message.position()));
        held_.erase(chosen);
    }

    void check_accounts() const {
        const std::uint64_t passed = consumer_.position() - begin_;
        const std::uint64_t counted = delivered_ + consumer_.lost() + consumer_.tombstones() + consumer_.skipped();
        require(passed == counted,
                fmt::format("{} positions passed, but {} delivered + {} lost + {} stepped over + {} skipped", passed,
                            delivered_, consumer_.lost(), consumer_.tombstones(), consumer_.skipped()));
        require(!is_lossless_ || consumer_.lost() == lost_at_start_, "a lossless consumer lost something");
    }

    Random random_;
    bool is_lossless_;
    Consumer<> consumer_;
    std::uint64_t begin_;
    std::uint64_t lost_at_start_ = consumer_.lost();
    std::uint64_t delivered_ = 0;
    std::uint64_t last_position_ = 0;
    std::size_t most_held_ = 2;
    std::map<std::uint64_t, std::uint64_t> last_numbers_;  ///< of each producer
    std::deque<Held> held_;
};

void stop(int) {
    is_stopping = 1;
}

const char* role_name(Task::Role role) {
    return role == Task::Role::producer ? "a producer" : role == Task::Role::member ? "a member" : "a consumer";
}

bool is_refusal(const Error& error) {
    return error.code() == Error::busy || error.code() == Error::quota || error.code() == Error::exists;
}

}  // namespace

Outcome work(const Task& task) {
    signal(SIGTERM, stop);
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &term, nullptr);
    try {
        Client client = Client::connect({.socket = task.socket});
        if (task.role == Task::Role::producer) {
            Producing producing(task, std::move(client));
            while (is_stopping == 0) producing.step();
        } else if (task.role == Task::Role::member) {
            Membership membership(task, std::move(client));
            while (is_stopping == 0) membership.step();
            membership.finish();
        } else {
            Consuming consuming(task, std::move(client));
            while (is_stopping == 0) consuming.step();
            consuming.finish();
        }
        return Outcome::fine;
    } catch (const Error& error) {
        if (is_refusal(error)) return Outcome::not_admitted;
        fmt::print(stderr, "seed {}: {}\n", task.seed, error.what());
    } catch (const std::exception& error) {
        fmt::print(stderr, "seed {}: {} of {}: {}\n", task.seed, role_name(task.role), task.ring, error.what());
    }
    return Outcome::failed;
}

}  // namespace ringview::soak
