// Any bytes to the decoders of both ends; only Error comes out of them, and what they accept must write and read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include <ringview/control/codec.hpp>

namespace {

namespace control = ringview::control;
using ringview::Error;

void require(bool condition, const char* what) {
    if (condition) return;
    std::cerr << "violated: " << what << "\n";
    std::abort();
}

/// An error goes into a packet itself.
void check_error(const Error& error) {
    require(!error.message().empty(), "an error says what is wrong");
    const std::string packet = control::encode(error);
    require(packet.size() <= control::max_packet_bytes, "an error fits into a packet");
    try {
        control::decode_reply<control::OkReply>(packet);
        require(false, "an error reply is thrown");
    } catch (const Error& again) {
        require(again.code() == error.code(), "the code of an error survives");
        require(control::encode(again) == packet, "an error writes the same when it was read");
    }
}

void check_request(std::string_view packet) {
    try {
        const control::Request request = control::decode_request(packet);
        const std::string written = control::encode(request);
        const control::Request again = control::decode_request(written);
        require(again == request, "a request reads back as it was written");
        require(control::encode(again) == written, "a request writes the same when it was read");
    } catch (const Error& error) {
        check_error(error);
    }
}

template <class R>
void check_reply(std::string_view packet) {
    std::optional<R> reply;
    try {
        reply = control::decode_reply<R>(packet);
    } catch (const Error& error) {
        // A reply may carry an error with no message; one of ours never does.
        if (!error.message().empty()) check_error(error);
        return;
    }
    const std::string written = control::encode(control::Reply(*reply));
    require(control::decode_reply<R>(written) == *reply, "a reply reads back as it was written");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view packet(reinterpret_cast<const char*>(data), size);
    check_request(packet);
    check_reply<control::OkReply>(packet);
    check_reply<control::HelloReply>(packet);
    check_reply<control::CreateReply>(packet);
    check_reply<control::RingsReply>(packet);
    check_reply<control::AttachReply>(packet);
    check_reply<control::SubscribeReply>(packet);
    return 0;
}
