#include <memory>

#include <fmt/core.h>
#include <ringview/client.hpp>
#include <ringview/control/codec.hpp>

#include "command.hpp"
#include "start_option.hpp"

namespace ringview::cli {
namespace {

struct SubscriptionOptions {
    std::string ring;
    std::string name;
    std::string policy = "lossless";
    std::string start = "next";
    std::string group;
};

}  // namespace

void add_durable(CLI::App& program, const Context& context) {
    CLI::App* subscribe =
        program.add_subcommand("subscribe", "declare a durable subscription: its messages wait for its consumer");
    const auto options = std::make_shared<SubscriptionOptions>();
    subscribe->add_option("ring", options->ring)->required();
    CLI::Option_group* what = subscribe->add_option_group("What", "one of these");
    what->add_option("--name", options->name, "of the subscription");
    what->add_option("--group", options->group,
                     "instead of a subscription: a group, each of whose messages goes to one member");
    what->require_option(1);
    subscribe->add_option("--policy", options->policy, "lossless: holds producers back; lossy: is passed over")
        ->check(CLI::IsMember({"lossless", "lossy"}))
        ->capture_default_str();
    add_start_option(*subscribe, options->start);
    subscribe->footer(
        "An equal one that is there already is no error. A lossless one, or a group, holds producers back while nobody "
        "reads it.\n"
        "Example:\n  ringview subscribe quotes --name archive\n  ringview sub quotes --name archive --durable > "
        "archive");
    subscribe->callback([&context, options] {
        ConsumerOptions wanted{.name = options->name, .policy = control::policy_from_name(options->policy)};
        set_start(wanted, options->start);
        wanted.group = options->group;
        const bool created = Client::connect({.socket = context.socket}).subscribe(options->ring, wanted);
        fmt::print("{} {}\n", options->group.empty() ? options->name : options->group,
                   created ? "subscribed" : "is subscribed already");
    });

    CLI::App* evict = program.add_subcommand("evict", "have producers wait no more for a lossless consumer");
    const auto evicted = std::make_shared<SubscriptionOptions>();
    const auto force = std::make_shared<bool>(false);
    evict->add_option("ring", evicted->ring)->required();
    evict->add_option("subscription", evicted->name)->required();
    evict->add_flag("--force", *force, "on a ring without --stall-timeout: overwrites what it holds");
    evict->footer(
        "On a ring that was made with --stall-timeout, what the consumer still holds stays as it is until it lets go.\n"
        "Elsewhere nothing protects what a living consumer reads, so that takes --force.\n"
        "Example:\n  ringview evict quotes archive");
    evict->callback([&context, evicted, force] {
        Client::connect({.socket = context.socket})
            .evict(evicted->ring, evicted->name, *force ? Evict::by_force : Evict::safely);
    });

    CLI::App* unsubscribe = program.add_subcommand(
        "unsubscribe", "give a durable subscription or group up, with the messages that wait for it");
    const auto given_up = std::make_shared<SubscriptionOptions>();
    unsubscribe->add_option("ring", given_up->ring)->required();
    unsubscribe->add_option("subscription", given_up->name, "or group")->required();
    unsubscribe->footer("Example:\n  ringview unsubscribe quotes archive");
    unsubscribe->callback([&context, given_up] {
        Client::connect({.socket = context.socket}).unsubscribe(given_up->ring, given_up->name);
    });
}

}  // namespace ringview::cli
