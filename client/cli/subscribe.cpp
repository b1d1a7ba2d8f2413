#include <cstdio>
#include <memory>
#include <utility>

#include <fmt/core.h>
#include <ringview/client.hpp>
#include <ringview/control/codec.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/terminal.hpp>

#include "command.hpp"
#include "message_output.hpp"
#include "number_option.hpp"
#include "progress.hpp"
#include "start_option.hpp"
#include "stop_request.hpp"

namespace ringview::cli {
namespace {

struct SubscribeOptions {
    std::string ring;
    std::string name;
    std::string output;
    std::string policy = "lossless";
    std::string start = "oldest";
    std::uint64_t count = 0;  ///< 0: no limit
    bool follow = false;
    bool durable = false;
    std::string group;
};

/// Until this process has ended, as if it had been killed: whoever succeeds it has the message again.
void leave_unreleased(Message<> message) {
    [[maybe_unused]] static const auto* const left = new Message<>(std::move(message));
}

/// What is not written stays unreleased where somebody may succeed us. False where a stop request ended it.
bool write(MessageOutput& output, Message<>& message, bool may_be_succeeded) {
    try {
        if (output.write(message.bytes())) return true;
    } catch (...) {
        if (may_be_succeeded) leave_unreleased(std::move(message));
        throw;
    }
    if (may_be_succeeded) leave_unreleased(std::move(message));
    return false;
}

/// Without waiting where there is a message; before a wait everything is written out, so that a reader of ours is not
/// kept waiting for what we have.
Message<> next(Consumer<>& consumer, MessageOutput& output) {
    Message<> message = consumer.try_next();
    if (message || message.error() != Error::empty) return message;
    output.flush();
    return consumer.next(stop_poll);
}

/// Whether the producer has come and gone.
class ProducerWatch {
 public:
    /// `has_published`: as far as its consumer knows.
    bool has_left(Client& client, const Consumer<>& consumer, bool has_published) {
        was_there_ |= has_published;
        const bool is_there = consumer.has_running_producer() || is_known_to_daemon(client, consumer.ring());
        was_there_ |= is_there;
        return was_there_ && !is_there;
    }

 private:
    /// A producer that died is there until the daemon has cleared up behind it, which lets the others' messages be
    /// read. Where no daemon knows this ring any more, nobody will; nor can a first producer come.
    bool is_known_to_daemon(Client& client, const std::string& ring) const {
        try {
            return !client.stat(ring).producers.empty();
        } catch (const Error&) {
            if (!was_there_) throw;
            return false;
        }
    }

    bool was_there_ = false;
};

void subscribe(Client& client, const SubscribeOptions& options) {
    ConsumerOptions wanted{.name = options.name, .policy = control::policy_from_name(options.policy)};
    set_start(wanted, options.start);
    wanted.durable = options.durable;
    wanted.group = options.group;
    Consumer<> consumer = client.consumer(options.ring, wanted);
    const std::uint64_t begin = consumer.position();
    // What was released does not come again: where somebody else would go on for us, it is written out before.
    const bool may_be_succeeded = !options.name.empty() || !options.group.empty();
    // Only now: a misspelt ring must cost nobody the file that is there.
    MessageOutput output(options.output, !may_be_succeeded);
    Progress progress(!output.is_standard_output() || !platform::is_terminal(stdout));
    ProducerWatch producer;
    std::uint64_t received = 0;
    bool is_last_look = false;
    while (!is_stop_requested() && (options.count == 0 || received < options.count)) {
        Message<> message = next(consumer, output);
        if (message) {
            if (!write(output, message, may_be_succeeded)) break;
            progress.add(message.bytes().size());
            ++received;
            is_last_look = false;
        } else if (message.error() != Error::empty && message.error() != Error::removed) {
            output.flush();
            throw std::system_error(message.error(), options.ring);
        } else if (message.error() == Error::removed || is_last_look) {
            break;
        } else if (!options.follow) {
            // The producer may have published and left between our look at the ring and this one: look once more.
            // What it published may have gone to other members of our group, all of it.
            const bool has_published = received != 0 || consumer.position() != begin;
            is_last_look = producer.has_left(client, consumer, has_published);
        }
    }
    output.flush();
    if (consumer.lost() != 0)
        fmt::print(stderr, "ringview: lost {} positions of ring {}, being too slow or too late for them\n",
                   consumer.lost(), options.ring);
}

/// What `sub` and `tail` have in common.
void add_common_options(CLI::App& command, SubscribeOptions& options) {
    command.add_option("ring", options.ring)->required();
    add_number(command, "--count", options.count, "end after so many messages, 1 or more; default: no limit",
               std::uint64_t{1});
    add_start_option(command, options.start);
    command.add_option("--name", options.name, "of the subscription");
    command.add_option("--output", options.output, "default: standard output")->type_name("FILE");
}

void run_when_chosen(CLI::App& command, const Context& context, std::shared_ptr<SubscribeOptions> options) {
    command.callback([&context, options = std::move(options)] {
        if (options->durable && options->name.empty() && options->group.empty())
            throw CLI::RequiresError("--durable", "--name or --group");
        catch_stop_signals();
        Client client = Client::connect({.socket = context.socket});
        subscribe(client, *options);
    });
}

}  // namespace

void add_subscribe(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("sub", "write a ring's messages to standard output or a file");
    const auto options = std::make_shared<SubscribeOptions>();
    add_common_options(*command, *options);
    command->add_flag("--follow", options->follow, "go on when the producer has left; else that is the end");
    command->add_option("--policy", options->policy, "lossless or lossy")
        ->check(CLI::IsMember({"lossless", "lossy"}))
        ->capture_default_str();
    command->add_option("--group", options->group, "share the messages with the other members of this group");
    command->add_flag("--durable", options->durable,
                      "what is not read stays, for the next with this --name or --group");
    command->footer(
        "Waits for a producer; ends when the producer has left and everything is read, after --count messages, when "
        "the\n"
        "ring is removed, or at SIGINT. Started after the producer has left, it finds what the ring keeps "
        "(--history).\n"
        "That comes first in any case: the end of one file stands before the next, unless --start next awaits that.\n"
        "Where the daemon has died meanwhile, it goes on until the producer's process has ended and everything is "
        "read;\n"
        "waiting for a first producer, which can then come no more, it ends with 3. With --follow it goes on.\n"
        "With --durable the subscription stays: started again with the same name, it goes on where it ended, and "
        "--start\n"
        "counts only the first time.\n"
        "With --name or --group it writes a message out before it releases it: stopped, killed or out of room, it "
        "loses none.\n"
        "With --group each message goes to one member. What a member was handed and has not released when it dies goes "
        "to\n"
        "another. A group ends with its last member, unless it is --durable.\n"
        "Examples:\n  ringview sub files > copy.mp4\n  ringview sub jobs --group workers --follow");
    run_when_chosen(*command, context, options);
}

void add_tail(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("tail", "watch a ring's messages without ever holding its producer up");
    const auto options = std::make_shared<SubscribeOptions>();
    options->policy = "lossy";
    options->start = "newest";
    options->follow = true;
    add_common_options(*command, *options);
    command->footer(
        "Begins with the last message and goes on until SIGINT, --count messages, or the end of the ring. Where it is "
        "too\nslow it loses messages, and says at its end how many.\n"
        "Where the daemon has died meanwhile it still shows what comes, and then waits until SIGINT.\n"
        "Example:\n  ringview tail quotes | od -A d -t f8");
    run_when_chosen(*command, context, options);
}

}  // namespace ringview::cli
