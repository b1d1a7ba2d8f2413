#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <ringview/control/codec.hpp>

namespace ringview::control {
namespace {

/// Text that a packet can carry: UTF-8, with all that JSON must escape.
std::string any_text() {
    const auto character = rc::gen::element<std::string>("a", "/", "\"", "\\", "\n", "\x01", std::string(1, '\0'),
                                                         "\x7f", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x99\x82");
    std::string text;
    for (const std::string& c : *rc::gen::container<std::vector<std::string>>(character)) text += c;
    return text;
}

std::vector<std::string> any_texts() {
    std::vector<std::string> texts(*rc::gen::inRange<std::size_t>(0, 4));
    for (std::string& text : texts) text = any_text();
    return texts;
}

/// Small ones, and all 64 bits.
std::uint64_t any_number() {
    return *rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(),
                           rc::gen::element<std::uint64_t>(0, INT64_MAX, std::uint64_t{1} << 63, UINT64_MAX));
}

bool any_flag() {
    return *rc::gen::arbitrary<bool>();
}

Policy any_policy() {
    return *rc::gen::element(Policy::lossless, Policy::lossy);
}

RingSpec any_spec() {
    RingSpec spec;
    spec.name = any_text();
    spec.format = any_text();
    spec.shape = *rc::gen::arbitrary<std::vector<std::int64_t>>();
    spec.slots = any_number();
    spec.slot_bytes = any_number();
    if (any_flag()) spec.history = any_number();
    spec.producers = *rc::gen::arbitrary<std::uint32_t>();
    spec.alignment = any_number();
    spec.timestamps = any_flag();
    spec.access = {any_texts(), any_texts(), any_texts()};
    spec.stall_timeout = std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
    spec.backend = *rc::gen::element(Backend::posix, Backend::memfd);
    spec.fences = *rc::gen::element(Fences::automatic, Fences::always);
    spec.huge_pages = *rc::gen::element(HugePages::off, HugePages::attempt, HugePages::require);
    spec.prefault = any_flag();
    spec.lock = any_flag();
    if (any_flag()) spec.numa_node = *rc::gen::arbitrary<std::uint32_t>();
    return spec;
}

Request any_request() {
    switch (*rc::gen::inRange<std::size_t>(0, std::variant_size_v<Request>)) {
        case 0:
            return HelloRequest{*rc::gen::element<std::string>("", "camera", "\xc3\xa4")};
        case 1:
            return CreateRequest{any_spec()};
        case 2:
            return RemoveRequest{any_text()};
        case 3:
            return ListRequest{any_text()};
        case 4:
            return StatRequest{any_text(), any_text()};
        case 5:
            return AttachProducerRequest{any_text(), any_text()};
        case 6:
            return AttachConsumerRequest{any_text(),   any_text(),
                                         any_policy(), *rc::gen::element(Start::oldest, Start::newest, Start::next),
                                         any_flag(),   any_flag() ? std::optional(any_number()) : std::nullopt};
        case 7:
            return SubscribeRequest{any_text(), any_text(), any_policy(),
                                    *rc::gen::element(Start::oldest, Start::newest, Start::next),
                                    any_flag() ? std::optional(any_number()) : std::nullopt};
        case 8:
            return UnsubscribeRequest{any_text(), any_text()};
        case 9:
            return EvictRequest{any_text(), any_text(), any_flag()};
        case 10:
            return DetachRequest{any_number()};
        case 11:
            return BarrierRequest{};
        default:
            return ShutdownRequest{};
    }
}

ProducerInfo any_producer() {
    return {*rc::gen::arbitrary<unsigned>(),
            *rc::gen::arbitrary<std::int64_t>(),
            *rc::gen::arbitrary<std::uint32_t>(),
            any_text(),
            any_flag(),
            any_number(),
            any_number(),
            any_text()};
}

ConsumerInfo any_consumer() {
    return {any_text(),
            *rc::gen::arbitrary<std::int64_t>(),
            *rc::gen::arbitrary<std::uint32_t>(),
            any_policy(),
            any_flag(),
            any_flag(),
            any_number(),
            any_number(),
            any_number(),
            any_number(),
            any_flag(),
            any_number(),
            any_flag(),
            any_flag() ? std::optional<std::uint64_t>(any_number()) : std::nullopt};
}

MemoryInfo any_memory() {
    MemoryInfo memory;
    memory.backend = *rc::gen::element(Backend::posix, Backend::memfd);
    for (std::uint64_t* number : {&memory.page_bytes, &memory.huge_bytes, &memory.prefaulted_bytes,
                                  &memory.locked_bytes, &memory.swapped_bytes})
        *number = any_number();
    memory.nodes.resize(*rc::gen::inRange<std::size_t>(0, 3));
    for (NodeBytes& node : memory.nodes) node = {*rc::gen::arbitrary<std::uint32_t>(), any_number()};
    memory.note = any_text();
    return memory;
}

RingInfo any_info() {
    RingInfo info;
    info.name = any_text();
    info.format = any_text();
    info.shape = *rc::gen::arbitrary<std::vector<std::int64_t>>();
    for (std::uint64_t* number : {&info.slots, &info.slot_bytes, &info.bytes, &info.head, &info.used, &info.published})
        *number = any_number();
    info.producers.resize(*rc::gen::inRange<std::size_t>(0, 3));
    for (ProducerInfo& producer : info.producers) producer = any_producer();
    info.consumers.resize(*rc::gen::inRange<std::size_t>(0, 3));
    for (ConsumerInfo& consumer : info.consumers) consumer = any_consumer();
    if (any_flag()) info.memory = any_memory();
    return info;
}

RC_GTEST_PROP(CodecProperty, EveryRequestReadsBackAsItWasWritten, ()) {
    const Request request = any_request();
    RC_ASSERT(decode_request(encode(request)) == request);
}

RC_GTEST_PROP(CodecProperty, EveryReplyAboutRingsReadsBackAsItWasWritten, ()) {
    RingsReply reply;
    reply.rings.resize(*rc::gen::inRange<std::size_t>(0, 3));
    for (RingInfo& ring : reply.rings) ring = any_info();
    reply.has_more = any_flag();
    RC_ASSERT(decode_reply<RingsReply>(encode(Reply(reply))) == reply);
}

RC_GTEST_PROP(CodecProperty, EveryOtherReplyReadsBackAsItWasWritten, ()) {
    const HelloReply hello{any_text(), any_text(), *rc::gen::arbitrary<std::int64_t>()};
    RC_ASSERT(decode_reply<HelloReply>(encode(Reply(hello))) == hello);
    const AttachReply attach{any_number(), *rc::gen::arbitrary<std::uint32_t>(), any_number(), any_text(), any_number(),
                             any_flag()};
    RC_ASSERT(decode_reply<AttachReply>(encode(Reply(attach))) == attach);
    const SubscribeReply subscribe{any_flag(), any_number()};
    RC_ASSERT(decode_reply<SubscribeReply>(encode(Reply(subscribe))) == subscribe);
    const CreateReply create{any_flag()};
    RC_ASSERT(decode_reply<CreateReply>(encode(Reply(create))) == create);
    RC_ASSERT(decode_reply<OkReply>(encode(Reply(OkReply{}))) == OkReply{});
}

RC_GTEST_PROP(CodecProperty, APacketCutAnywhereIsRefused, ()) {
    const std::string packet = encode(any_request());
    const auto bytes = *rc::gen::inRange<std::size_t>(0, packet.size());
    RC_ASSERT_THROWS_AS(decode_request(packet.substr(0, bytes)), Error);
}

}  // namespace
}  // namespace ringview::control
