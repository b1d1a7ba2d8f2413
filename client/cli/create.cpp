#include <memory>

#include <fmt/core.h>
#include <ringview/client.hpp>
#include <ringview/control/codec.hpp>

#include "command.hpp"
#include "number_option.hpp"

namespace ringview::cli {
namespace {

struct CreateOptions {
    RingSpec spec;
    std::uint64_t history = 0;
    std::uint32_t stall_timeout_ms = 0;
    bool always_fences = false;
    std::string backend{"posix"};
    std::string huge_pages{"off"};
    std::uint32_t numa_node = 0;
    bool json = false;
};

constexpr const char* footer = R"(Examples:
  ringview create camera --format B --shape 480,640,3 --slots 16
  ringview create quotes --format 'T{<d:bid:<d:ask:<I:size:4x}' --slots 1024
  ringview create files --shape=-1 --slot-bytes 1048576          messages of up to 1 MiB
  ringview create video --shape 1080,1920,3 --slots 32 --backend memfd --huge-pages try --prefault --lock
An equal ring that is there already is no error.)";

/// Returns --numa-node, which has no default.
CLI::Option* add_memory_options(CLI::App& command, CreateOptions& options) {
    command
        .add_option("--backend", options.backend, "memfd: sealed, no client can truncate it; posix: named, in /dev/shm")
        ->check(CLI::IsMember({"posix", "memfd"}))
        ->capture_default_str();
    command
        .add_option("--huge-pages", options.huge_pages,
                    "try: reserved ones (memfd only), else transparent ones, else none; require: reserved ones")
        ->check(CLI::IsMember({"off", "try", "require"}))
        ->capture_default_str();
    command.add_flag("--prefault", options.spec.prefault,
                     "whoever attaches enters every page into its page table first: no message meets a page fault");
    command.add_flag("--lock", options.spec.lock, "keep the memory from being swapped out (mlock, by the daemon)");
    return add_number(command, "--numa-node", options.numa_node, "whose memory it is; default: as the kernel sees fit");
}

}  // namespace

void add_create(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("create", "make a ring");
    const auto options = std::make_shared<CreateOptions>();
    RingSpec& spec = options->spec;
    command
        ->add_option("ring", spec.name,
                     "1 to 128 characters of [a-z0-9._/-]; no part between slashes is empty, . or ..")
        ->required();
    command->add_option("--format", spec.format, "of an element, as in Python's struct")->capture_default_str();
    add_numbers(*command, "--shape", spec.shape, std::int64_t{-1}, "of a message; the first may be -1: varies");
    add_number(*command, "--slots", spec.slots, "a power of two")->capture_default_str();
    add_number(*command, "--slot-bytes", spec.slot_bytes, "room for a message; default: from format and shape");
    CLI::Option* history =
        add_number(*command, "--history", options->history, "messages kept for late joiners; default: slots/2");
    add_number(*command, "--producers", spec.producers, "how many at once, up to 64; a ring of one is faster")
        ->capture_default_str();
    add_number(*command, "--alignment", spec.alignment, "of payloads, a power of two up to 4096; default 16");
    command->add_flag("--timestamps", spec.timestamps, "messages carry their publish time, and stat shows lag in time");
    add_number(*command, "--stall-timeout", options->stall_timeout_ms,
               "evict a lossless consumer that releases nothing for so long; default 0: never")
        ->type_name("MS");
    command->add_flag("--fences", options->always_fences, "fences instead of membarrier: interrupts no processor");
    CLI::Option* numa_node = add_memory_options(*command, *options);
    command->add_option("--produce", spec.access.produce, "who may: user:NAME, group:NAME, uid:N, gid:N, any")
        ->delimiter(',');
    command->add_option("--consume", spec.access.consume, "who may")->delimiter(',');
    command->add_option("--manage", spec.access.manage, "who may remove it")->delimiter(',');
    command->add_flag("--json", options->json, "as JSON");
    command->footer(footer);
    command->callback([&context, options, history, numa_node] {
        RingSpec wanted = options->spec;
        wanted.backend = control::backend_from_name(options->backend);
        wanted.huge_pages = control::huge_pages_from_name(options->huge_pages);
        if (numa_node->count() != 0) wanted.numa_node = options->numa_node;
        if (history->count() != 0) wanted.history = options->history;
        wanted.stall_timeout = std::chrono::milliseconds(options->stall_timeout_ms);
        if (options->always_fences) wanted.fences = Fences::always;
        const bool created = Client::connect({.socket = context.socket}).create(wanted);
        if (options->json)
            fmt::print("{{\"created\":{}}}\n", created);
        else
            fmt::print("{} {}\n", wanted.name, created ? "created" : "exists already, with this spec");
    });
}

}  // namespace ringview::cli
