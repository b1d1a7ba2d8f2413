#include "checks.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <fmt/core.h>
#include <ringview/platform/clock.hpp>
#include <ringview/ringview.hpp>

#include "chance.hpp"

namespace ringview::soak {
namespace {

using namespace std::chrono_literals;

template <class Condition>
void wait_until_stat_shows(Client& client, const std::string& ring, const char* what, Condition condition) {
    for (unsigned tries = 0; !condition(client.stat(ring)); ++tries) {
        require(tries < 5000, fmt::format("ring {} still has {}", ring, what));
        platform::sleep_for(1ms);
    }
}

void require_same(const char* what, const Worker& worker, std::uint64_t told, std::uint64_t counted) {
    require(told == counted, fmt::format("stat of {} tells {} {} of the process with the seed {}, which has counted {}",
                                         worker.task.ring, told, what, worker.task.seed, counted));
}

void compare(const RingInfo& ring, const ConsumerInfo& told, const Worker& worker) {
    const Report& own = *worker.task.report;
    require_same("held", worker, told.held, 0);
    require_same("lost", worker, told.lost, own.lost);
    require_same("skipped", worker, told.skipped, own.skipped);
    if (worker.task.role == Task::Role::member) {
        require_same("delivered", worker, told.delivered.value(), own.delivered);
        require_same("redelivered", worker, told.redelivered.value(), own.redelivered);
        return;
    }
    require_same("pos", worker, told.pos, own.position);
    require_same("lag", worker, told.lag, 0);
    require_same("head", worker, ring.head, own.position);
}

/// All lives of a durable subscription, of whom none is left.
void check_lives(const RingInfo& ring, Durable durable, const Lives& lives, Tally& tally) {
    if (lives.is_given_up()) return;
    const Account account = lives.now();
    account.require_balance();
    const auto told = std::find_if(ring.consumers.begin(), ring.consumers.end(),
                                   [&](const ConsumerInfo& info) { return info.name == name_of(durable); });
    require(told != ring.consumers.end(), "a durable subscription is not there any more");
    require(told->pos >= account.low && told->pos <= account.high,
            fmt::format("ring {}: {} is at {}, and what its last life did not release begins in {} to {}", ring.name,
                        told->name, told->pos, account.low, account.high));
    tally.lives += account.lives;
    tally.resumed_again += account.again;
}

/// What is left goes to one life more.
void check_archive(Client& client, const Ring& ring) {
    {
        auto last = client.consumer(ring.name(), {.name = name_of(Durable::archive), .durable = true});
        while (auto message = last.try_next()) ring.of_archive->note_done(message.position());
    }
    const RingInfo info = client.stat(ring.name());
    const std::uint64_t done = ring.of_archive->count_done(info.head);
    require(done == info.published,
            fmt::format("of {} messages of ring {} its archive has done {}", info.published, ring.name(), done));
    client.unsubscribe(ring.name(), name_of(Durable::archive));
}

/// What is left goes to a last member. Then each message that was published while there was a group has been done with
/// by somebody. The archive knows what was published.
void check_group(Client& client, const Ring& ring, Tally& tally) {
    Ledger& ledger = *ring.of_group;
    {
        auto last = client.consumer(ring.name(), {.name = "last", .group = group_name});
        while (auto message = last.try_next()) {
            ledger.note(message.position(), message.is_redelivered());
            ledger.note_done(message.position());
        }
    }
    const RingInfo info = client.stat(ring.name());
    require(info.groups.at(0).lag == 0, "a group has messages that come to no member");
    const auto is_given_up = [&](std::uint64_t position) {
        return std::any_of(ring.given_up.begin(), ring.given_up.end(),
                           [&](const GivenUp& range) { return position >= range.first && position < range.end; });
    };
    for (std::uint64_t position = 0; position < info.head; ++position) {
        const bool is_message = ring.of_archive->is_done(position);
        const bool is_done = ledger.is_done(position);
        require(is_message || !is_done, fmt::format("a group was handed what is no message, at {}", position));
        require(!is_message || is_done || is_given_up(position),
                fmt::format("no member of the group has done with the message at {}", position));
    }
    tally.redelivered += ledger.count_again(info.head);
    client.unsubscribe(ring.name(), group_name);
}

void forget(Client& client, const std::string& ring, const char* subscription) {
    try {
        client.unsubscribe(ring, subscription);
    } catch (const Error& error) {
        if (error.code() != Error::not_found) throw;
    }
}

void check_moves(Client& client, const Ring& ring) {
    auto oldest = client.consumer(ring.name(), {.name = "last", .start = Start::oldest});
    while (auto message = oldest.try_next()) {
    }
    auto producer = client.producer(ring.name());
    for (std::uint64_t i = 0; i < 2 * ring.spec.slots; ++i) {
        auto slot = producer.reserve(1s);
        require(!!slot, "a ring that everybody has left is full: " + ring.name());
        require(!slot.publish(), "a reserved slot cannot be published");
        require(!!oldest.try_next(), "a ring that everybody has left delivers nothing: " + ring.name());
    }
}

}  // namespace

void wait_until_no_producers(Client& client, const Ring& ring) {
    wait_until_stat_shows(client, ring.name(), "producers",
                          [](const RingInfo& info) { return info.producers.empty(); });
}

void wait_until_no_clients(Client& client, const Ring& ring) {
    wait_until_stat_shows(client, ring.name(), "members", [](const RingInfo& info) {
        return info.producers.empty() && std::none_of(info.consumers.begin(), info.consumers.end(),
                                                      [](const ConsumerInfo& consumer) { return consumer.alive; });
    });
}

void compare_with_stat(Client& client, const Ring& ring, const Crew& crew, Tally& tally) {
    const RingInfo info = client.stat(ring.name());
    for (const Worker& worker : crew.workers()) {
        if (worker.task.ring != ring.name()) continue;
        const auto told = std::find_if(info.consumers.begin(), info.consumers.end(),
                                       [&](const ConsumerInfo& consumer) { return consumer.pid == worker.pid; });
        require(told != info.consumers.end(), "a consumer that is at rest is not in stat");
        compare(info, *told, worker);
        ++tally.compared;
    }
}

void check_left_ring(Client& client, const Ring& ring, Tally& tally) {
    wait_until_no_clients(client, ring);
    const RingInfo info = client.stat(ring.name());
    for (const Durable durable : {Durable::lossless, Durable::lossy, Durable::archive})
        check_lives(info, durable, ring.lives_of(durable), tally);
    for (const Durable durable : {Durable::lossless, Durable::lossy}) forget(client, ring.name(), name_of(durable));
    if (ring.has_archive) check_archive(client, ring);
    if (ring.has_group) check_group(client, ring, tally);
    check_moves(client, ring);
    tally.published += client.stat(ring.name()).published;
}

}  // namespace ringview::soak
