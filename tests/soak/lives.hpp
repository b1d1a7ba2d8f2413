#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include <fmt/core.h>
#include <ringview/platform/clock.hpp>

#include "chance.hpp"

/// What the consumers that a durable subscription has one after the other leave to each other, in memory that they
/// share: each goes on where the one before it had released everything below, wherever that was killed.
namespace ringview::soak {

/// Sums over all lives since the subscription was declared.
struct Account {
    std::uint64_t series = 0;  ///< how often it had been given up before
    std::uint64_t lives = 0;
    std::uint64_t first = 0;  ///< where the first life began
    std::uint64_t next = 0;   ///< what the last one takes next
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t stepped_over = 0;
    std::uint64_t skipped = 0;
    std::uint64_t again = 0;      ///< positions that one life had passed and the next one began with
    std::uint64_t unsettled = 0;  ///< positions that were passed in a call in which a life ended
    std::uint64_t low = 0;        ///< the first position that is not released lies here …
    std::uint64_t high = 0;       ///< … or further up, where a call is under way, and at most here

    static constexpr std::uint64_t anywhere = std::numeric_limits<std::uint64_t>::max();

    void require_balance() const {
        const std::uint64_t passed = delivered + lost + stepped_over + skipped + unsettled;
        require(next - first + again == passed,
                fmt::format("{} lives have passed {} positions, {} of them twice, but {} delivered + {} lost + {} "
                            "stepped over + {} skipped + {} unsettled",
                            lives, next - first, again, delivered, lost, stepped_over, skipped, unsettled));
    }
};

/// Lies in shared memory, all zero at first. Written by the one consumer that the subscription has, but for what its
/// controller does.
class Lives {
 public:
    /// By the controller, which is not killed. `call` gives the subscription up and returns whether it did.
    template <class Call>
    bool give_up(Call&& call) {
        is_being_given_up_.store(true);
        const bool is_given_up = call();
        if (is_given_up) given_up_.fetch_add(1);
        is_being_given_up_.store(false);
        return is_given_up;
    }

    /// A consumer tries to attach; it may be killed after the daemon has admitted it, and before it says so here.
    void note_attempt() noexcept { attempts_.fetch_add(1); }
    void note_refusal() noexcept { attempts_.fetch_sub(1); }
    /// It has attached at `start`, and what lay between that and `position` is lost already. From here on the
    /// subscription is its alone.
    Account begin(std::uint64_t start, std::uint64_t position, bool may_lose) {
        // Whoever is attached is told busy, so this is about what was before us.
        while (is_being_given_up_.load()) platform::sleep_for(std::chrono::microseconds(100));
        Account account = now();
        if (account.lives == 0 || account.series != given_up_.load()) {
            account = {};
            account.series = given_up_.load();
            account.first = start;
        } else {
            const bool has_jumped = may_lose && attempts_.load() > 1;  // with a life that got no further than attaching
            require(start >= account.low && (start <= account.high || has_jumped),
                    fmt::format("life {} of a durable subscription begins at {}, and the first position that the one "
                                "before did not release is in {} to {}",
                                account.lives + 1, start, account.low, account.high));
            account.again += account.next > start ? account.next - start : 0;
            account.unsettled += start > account.next ? start - account.next : 0;
        }
        ++account.lives;
        account.lost += position - start;
        account.next = account.low = account.high = position;
        write(account);
        attempts_.fetch_sub(1);
        return account;
    }

    /// All of it, or nothing where the writer is killed meanwhile.
    void write(const Account& account) noexcept {
        const std::uint32_t other = 1 - current_.load();
        accounts_[other] = account;
        current_.store(other);
    }
    Account now() const noexcept { return accounts_[current_.load()]; }
    /// Whether it was given up after its last life.
    bool is_given_up() const noexcept { return now().lives == 0 || now().series != given_up_.load(); }

 private:
    std::atomic<bool> is_being_given_up_;
    std::atomic<std::uint64_t> given_up_;
    std::atomic<std::uint64_t> attempts_;
    std::atomic<std::uint32_t> current_;
    Account accounts_[2];
};

/// What the consumer of a durable subscription writes into its Lives before and after everything that may move the
/// first position that is not released. With no Lives it does nothing.
class Life {
 public:
    Life(Lives* lives, std::uint64_t start, std::uint64_t position, bool may_lose) : lives_(lives) {
        if (lives_ == nullptr) return;
        before_ = account_ = lives_->begin(start, position, may_lose);
        before_.lost -= position - start;  // it is among what this life counts
    }

    /// It asks for messages. While it holds one, that stays the first that is not released.
    void will_take(bool holds_something) noexcept {
        if (lives_ == nullptr || holds_something) return;
        account_.high = Account::anywhere;
        lives_->write(account_);
    }
    void will_release(std::uint64_t first_unreleased) noexcept {
        if (lives_ == nullptr) return;
        account_.high = first_unreleased;
        lives_->write(account_);
    }
    /// `own`: next and the counters of this life.
    void settle(const Account& own, std::uint64_t first_unreleased) {
        if (lives_ == nullptr) return;
        account_.next = own.next;
        account_.delivered = before_.delivered + own.delivered;
        account_.lost = before_.lost + own.lost;
        account_.stepped_over = before_.stepped_over + own.stepped_over;
        account_.skipped = before_.skipped + own.skipped;
        account_.low = account_.high = first_unreleased;
        account_.require_balance();
        lives_->write(account_);
    }

 private:
    Lives* lives_;
    Account before_;
    Account account_;
};

}  // namespace ringview::soak
