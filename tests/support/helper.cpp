#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ringview/ringview.hpp>

#include "support/helper_groups.hpp"
#include "support/helper_misuse.hpp"
#include "support/helper_waiting.hpp"
#include "support/numbered.hpp"

// The other processes of the tests. helper ROLE SOCKET RING [ARGUMENT…]; each role says on standard output how far it
// is, a line each, and ends with 0 where everything was as it should be.
namespace {

using namespace ringview;
using Arguments = std::vector<std::string>;

void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

[[noreturn]] void wait_for_end() {
    for (;;) pause();
}

void fail(const std::string& what) {
    throw std::runtime_error(what);
}

/// NAME COUNT (0: until the ring is removed): reads numbered messages in place, from the oldest on.
int consume(const Arguments& a) {
    Consumer<> consumer = Client::connect({.socket = a[0]}).consumer(a[1], {.name = a.at(2), .start = Start::oldest});
    const std::uint64_t count = std::stoull(a.at(3));
    say("attached");
    std::uint64_t expected = consumer.position();
    std::uint64_t bytes = 0;
    for (std::uint64_t received = 0; count == 0 || received < count; ++received, ++expected) {
        const Message<> message = consumer.next();
        if (!message && message.error() == Error::removed) break;
        if (!message) fail("next: " + message.error().message());
        if (message.position() != expected) fail("position " + std::to_string(message.position()));
        if (bytes == 0) say("receives");
        const std::size_t capacity = message.view().nbytes() == 0 ? 0 : std::stoul(a.at(4));
        if (!test::is_numbered(message.bytes(), expected, capacity)) fail("torn at " + std::to_string(expected));
        bytes += message.bytes().size();
    }
    say("done " + std::to_string(expected) + " " + std::to_string(bytes));
    return 0;
}

/// COUNT (0: for ever): writes numbered messages from the ring's head on, in place.
int produce(const Arguments& a) {
    Client client = Client::connect({.socket = a[0]});
    Producer<> producer = client.producer(a[1]);
    std::uint64_t number = client.stat(a[1]).head;
    const std::uint64_t count = std::stoull(a.at(2));
    say("attached " + std::to_string(number));
    for (std::uint64_t sent = 0; count == 0 || sent < count; ++sent, ++number) {
        Slot<> slot = producer.reserve();
        if (!slot && slot.error() == Error::removed) break;
        if (!slot) fail("reserve: " + slot.error().message());
        slot.resize(test::numbered_length(number, slot.capacity()));
        test::write_numbered(slot.bytes(), number);
        slot.publish();
    }
    say("done " + std::to_string(number));
    return 0;
}

/// COUNT (0: for ever): as one of several producers writes messages that tell its line and number them anew from 0.
int produce_tagged(const Arguments& a) {
    Producer<> producer = Client::connect({.socket = a[0]}).producer(a[1]);
    const std::uint64_t count = std::stoull(a.at(2));
    say("attached " + std::to_string(producer.id()));
    for (std::uint64_t number = 0; count == 0 || number < count; ++number) {
        Slot<> slot = producer.reserve();
        if (!slot && slot.error() == Error::removed) break;
        if (!slot) fail("reserve: " + slot.error().message());
        slot.resize(test::tagged_length(number, slot.capacity()));
        test::write_tagged(slot.bytes(), producer.id(), number);
        slot.publish();
    }
    say("done");
    return 0;
}

/// NAME CAPACITY: reads messages of several producers until the ring is removed; every position must be accounted for.
int consume_tagged(const Arguments& a) {
    Consumer<> consumer = Client::connect({.socket = a[0]}).consumer(a[1], {.name = a.at(2), .start = Start::oldest});
    const std::uint64_t first = consumer.position();
    say("attached");
    std::uint64_t received = 0;
    for (;; ++received) {
        const Message<> message = consumer.next();
        if (!message && message.error() == Error::removed) break;
        if (!message) fail("next: " + message.error().message());
        const std::string place = std::to_string(message.position());
        const auto tag = test::tag_of(message.bytes(), std::stoul(a.at(3)));
        if (!tag) fail("torn at " + place);
        if (tag->producer != message.producer()) fail("the wrong producer at " + place);
        if (message.position() != first + received + consumer.tombstones()) fail("a gap at " + place);
    }
    say("done " + std::to_string(received));
    return 0;
}

std::string argument_or_none(const Arguments& a, std::size_t index) {
    return index < a.size() ? a[index] : std::string{};
}

/// NAME COUNT [GROUP]: takes that many messages and keeps them for ever.
int hold(const Arguments& a) {
    Consumer<> consumer =
        Client::connect({.socket = a[0]})
            .consumer(a[1], {.name = a.at(2), .start = Start::oldest, .group = argument_or_none(a, 4)});
    say("attached");
    std::vector<Message<>> held;
    for (std::uint64_t i = std::stoull(a.at(3)); i > 0; --i) {
        held.push_back(consumer.next());
        if (!held.back()) fail("next: " + held.back().error().message());
    }
    say("holds");
    wait_for_end();
}

/// Attaches as the producer and does nothing.
int idle_producer(const Arguments& a) {
    [[maybe_unused]] const Producer<> producer = Client::connect({.socket = a[0]}).producer(a[1]);
    say("attached");
    wait_for_end();
}

/// Attaches as the producer, writes half a message and publishes nothing.
int reserve_and_wait(const Arguments& a) {
    Producer<> producer = Client::connect({.socket = a[0]}).producer(a[1]);
    Slot<> slot = producer.reserve();
    test::write_numbered(slot.bytes().first(slot.bytes().size() / 2), 0);
    say("reserved");
    wait_for_end();
}

/// "next" [GROUP] or "reserve": sleeps in that call and tells what it answered.
int sleep_in(const Arguments& a) {
    Client client = Client::connect({.socket = a[0]});
    if (a.at(2) == "next") {
        Consumer<> consumer = client.consumer(a[1], {.group = argument_or_none(a, 3)});
        say("attached");
        say(consumer.next().error().message());
        return 0;
    }
    Producer<> producer = client.producer(a[1]);
    say("attached");
    while (Slot<> slot = producer.try_reserve()) slot.publish();
    say("full");
    say(producer.reserve().error().message());
    return 0;
}

/// What this user may do with the ring: "sees produce consume manage", each with yes or the error's name.
int rights(const Arguments& a) {
    Client client = Client::connect({.socket = a[0]});
    const auto outcome = [](const std::function<void()>& call) -> std::string {
        try {
            call();
            return "yes";
        } catch (const Error& error) {
            return code_name(static_cast<Error::Code>(error.code().value()));
        }
    };
    const std::vector<RingInfo> rings = client.rings();
    const auto is_it = [&](const RingInfo& ring) { return ring.name == a[1]; };
    const std::string sees = std::any_of(rings.begin(), rings.end(), is_it) ? "yes" : "no";
    const std::string produces = outcome([&] { client.producer(a[1]); });
    const std::string consumes = outcome([&] { client.consumer(a[1]); });
    const std::string stats = outcome([&] { client.stat(a[1]); });
    const std::string manages = outcome([&] { client.remove(a[1]); });
    say("sees " + sees + ", stat " + stats + ", produce " + produces + ", consume " + consumes + ", manage " + manages);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::map<std::string, std::function<int(const Arguments&)>> roles{
        {"consume", consume},
        {"produce", produce},
        {"produce_tagged", produce_tagged},
        {"consume_tagged", consume_tagged},
        {"hold", hold},
        {"idle_producer", idle_producer},
        {"reserve_and_wait", reserve_and_wait},
        {"sleep_in", sleep_in},
        {"rights", rights},
        {"write_through_view", test::write_through_view},
        {"attack_segments", test::attack_segments},
        {"attach_and_die", test::attach_and_die},
        {"close_then_die", test::close_then_die},
        {"connect_when_told", test::connect_when_told},
        {"step", test::step},
        {"echo", test::echo},
        {"work", test::work},
        {"tell_waits", test::tell_waits},
        {"without_call", test::without_call},
    };
    if (argc < 4) return 2;
    try {
        return roles.at(argv[1])(Arguments(argv + 2, argv + argc));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "helper %s: %s\n", argv[1], error.what());
        return 1;
    }
}
