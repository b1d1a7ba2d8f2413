#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <thread>

#include <ringview/client.hpp>
#include <ringview/detail/payload_shape.hpp>
#include <ringview/platform/error.hpp>

#include "command.hpp"
#include "number_option.hpp"
#include "progress.hpp"
#include "stop_request.hpp"

namespace ringview::cli {
namespace {

struct PublishOptions {
    std::string ring;
    std::string file;
    std::string name;
    std::uint64_t message_bytes = 0;  ///< 0: as the ring says
    bool wait_for_consumer = false;
};

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_input(const std::string& path) {
    if (path.empty() || path == "-") return {stdin, [](std::FILE*) { return 0; }};
    File file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) throw Error::from_errno("cannot open " + path, errno);
    return file;
}

/// Whether reads from it never wait for whoever writes it.
bool is_regular_file(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path.empty() || path == "-" ? "/dev/stdin" : path, ignored);
}

void wait_for_consumer(Client& client, const std::string& ring) {
    while (client.stat(ring).consumers.empty() && !is_stop_requested()) std::this_thread::sleep_for(stop_poll);
}

/// A free slot; falsy only when the user wants to stop.
Slot<> reserve(Producer<>& producer) {
    for (;;) {
        Slot<> slot = producer.reserve(stop_poll);
        if (slot || is_stop_requested()) return slot;
        if (slot.error() != Error::full) throw std::system_error(slot.error(), producer.ring());
    }
}

/// Of one message. Fewer only at the end of the input.
std::size_t read_message(std::FILE* input, std::span<std::byte> bytes) {
    const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), input);
    if (got < bytes.size() && std::ferror(input) != 0 && !is_stop_requested())
        throw Error::from_errno("cannot read the input", errno);
    return got;
}

/// Of a file. Looked for before a slot is reserved: what is reserved for nothing is a gap where a ring has several
/// producers.
bool is_at_end(std::FILE* file) {
    const int next = std::getc(file);
    if (next != EOF) std::ungetc(next, file);
    return next == EOF && std::ferror(file) == 0;
}

/// So that a consumer can tell an empty input from none. Nothing where the ring's messages cannot be empty.
void publish_empty(Slot<>& slot) {
    if (!slot.resize(0)) slot.publish();
}

void check_length(const detail::PayloadShape& shape, std::size_t bytes, const RingInfo& ring) {
    if (shape.allows(bytes)) return;
    const std::string why = bytes > ring.slot_bytes ? "its slots hold " + std::to_string(ring.slot_bytes)
                                                    : "its messages all have " + std::to_string(shape.full_length());
    throw Error(Error::invalid,
                "a message of " + std::to_string(bytes) + " bytes does not fit ring " + ring.name + ": " + why,
                "a ring for messages of any length has --shape=-1; its slots must be as large as --message-bytes");
}

/// Publishes message after message; the first also where the input is empty.
void publish_all(const PublishOptions& options, std::FILE* input, const RingInfo& ring, Producer<>& producer) {
    const detail::PayloadShape shape(ring.format, ring.shape, ring.slot_bytes);
    const std::size_t full_bytes = options.message_bytes != 0 ? options.message_bytes : shape.full_length();
    check_length(shape, full_bytes, ring);
    // A file is read where the consumers will read it. Other inputs may keep us waiting, and a slot must not wait with
    // us: where a ring has several producers, the messages of the others stand behind it.
    const bool is_straight = is_regular_file(options.file);
    const auto message = std::make_unique_for_overwrite<std::byte[]>(is_straight ? 0 : full_bytes);
    Progress progress;
    bool is_first = true;
    while (!is_stop_requested()) {
        std::size_t got = is_straight ? 0 : read_message(input, {message.get(), full_bytes});
        if (!is_straight && got == 0 && (!is_first || is_stop_requested())) break;
        if (is_straight && !is_first && is_at_end(input)) break;
        Slot<> slot = reserve(producer);
        if (!slot) break;
        if (is_straight)
            got = read_message(input, slot.bytes().first(full_bytes));
        else
            std::copy_n(message.get(), got, slot.bytes().begin());
        if (got == 0) {
            if (is_first && !is_stop_requested()) publish_empty(slot);
            break;
        }
        is_first = false;
        if (is_stop_requested() && !shape.allows(got)) break;  // the rest of it was not awaited
        check_length(shape, got, ring);
        slot.resize(got);
        slot.publish();
        progress.add(got);
    }
}

void publish(Client& client, const PublishOptions& options) {
    const File input = open_input(options.file);
    // Straight to where we want it, not through a buffer of the library.
    std::setvbuf(input.get(), nullptr, _IONBF, 0);
    Producer<> producer = client.producer(options.ring, {.name = options.name});
    if (options.wait_for_consumer) wait_for_consumer(client, options.ring);
    publish_all(options, input.get(), client.stat(options.ring), producer);
}

}  // namespace

void add_publish(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("pub", "write a file or standard input into a ring, message by message");
    const auto options = std::make_shared<PublishOptions>();
    command->add_option("ring", options->ring)->required();
    command->add_option("file", options->file, "default: standard input");
    add_number(*command, "--message-bytes", options->message_bytes,
               "1 or more; default: the ring's shape, or all of a slot where it varies", std::uint64_t{1});
    command->add_option("--name", options->name, "for stat");
    command->add_flag("--wait", options->wait_for_consumer, "begin when a consumer is there");
    command->footer(
        "Reads whole messages; the last one may be shorter where the shape varies, and an empty input is one message "
        "of\n"
        "no bytes. SIGINT ends it behind the message it is writing.\n"
        "Example:\n  ringview pub files --wait < video.mp4");
    command->callback([&context, options] {
        catch_stop_signals();
        Client client = Client::connect({.socket = context.socket});
        publish(client, *options);
    });
}

}  // namespace ringview::cli
