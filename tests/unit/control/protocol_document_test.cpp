#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/control/codec.hpp>

#include "support/packets_of_protocol.hpp"

namespace ringview::control {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing_support::DocumentedPacket;

std::vector<DocumentedPacket> packets() {
    return testing_support::packets_of_protocol(RINGVIEW_PROTOCOL_MD);
}

/// As the codec writes it: members in the document's order, no white space.
std::string compact(const std::string& text) {
    return boost::json::serialize(boost::json::parse(text));
}

std::string op_of(const Request& request) {
    const boost::json::value packet = boost::json::parse(encode(request));
    return boost::json::value_to<std::string>(packet.at("op"));
}

template <std::size_t... I>
std::set<std::string> all_ops(std::index_sequence<I...>) {
    return {op_of(Request(std::in_place_index<I>))...};
}

template <class R>
std::string recoded(const std::string& packet) {
    return encode(Reply(decode_reply<R>(packet)));
}

/// Decodes the reply to a request as what that request is answered with, and encodes it again.
struct RecodedReply {
    const std::string& packet;

    std::string operator()(const HelloRequest&) const { return recoded<HelloReply>(packet); }
    std::string operator()(const CreateRequest&) const { return recoded<CreateReply>(packet); }
    std::string operator()(const ListRequest&) const { return recoded<RingsReply>(packet); }
    std::string operator()(const StatRequest&) const { return recoded<RingsReply>(packet); }
    std::string operator()(const AttachProducerRequest&) const { return recoded<AttachReply>(packet); }
    std::string operator()(const AttachConsumerRequest&) const { return recoded<AttachReply>(packet); }
    std::string operator()(const SubscribeRequest&) const { return recoded<SubscribeReply>(packet); }
    std::string operator()(const UnsubscribeRequest&) const { return recoded<OkReply>(packet); }
    std::string operator()(const EvictRequest&) const { return recoded<OkReply>(packet); }
    std::string operator()(const RemoveRequest&) const { return recoded<OkReply>(packet); }
    std::string operator()(const DetachRequest&) const { return recoded<OkReply>(packet); }
    std::string operator()(const BarrierRequest&) const { return recoded<OkReply>(packet); }
    std::string operator()(const ShutdownRequest&) const { return recoded<OkReply>(packet); }
};

/// The error that decoding a packet as an error reply throws, encoded again.
std::string recoded_error(const std::string& packet) {
    try {
        decode_reply<OkReply>(packet);
    } catch (const Error& error) {
        return encode(error);
    }
    return "no error";
}

std::string answer_to_malformed(const std::string& packet) {
    try {
        return "accepted as " + encode(decode_request(packet));
    } catch (const Error& error) {
        return encode(error);
    }
}

TEST(ProtocolDocument, ShowsARequestAndItsReplyForEveryOpUnderItsName) {
    std::map<std::string, std::set<std::string>> kinds;
    for (const DocumentedPacket& packet : packets()) kinds[packet.section].insert(packet.kind);
    for (const std::string& op : all_ops(std::make_index_sequence<std::variant_size_v<Request>>())) {
        EXPECT_THAT(kinds[op], Contains("request")) << op;
        EXPECT_THAT(kinds[op], Contains("reply")) << op;
    }
}

TEST(ProtocolDocument, EachRequestIsWhatTheCodecWritesForIt) {
    for (const DocumentedPacket& packet : packets()) {
        if (packet.kind != "request") continue;
        const Request request = decode_request(packet.text);
        EXPECT_EQ(op_of(request), packet.section);
        EXPECT_EQ(encode(request), compact(packet.text));
    }
}

TEST(ProtocolDocument, EachReplyIsWhatTheCodecWritesForTheRequestAboveIt) {
    std::string request;
    int replies = 0;
    for (const DocumentedPacket& packet : packets()) {
        if (packet.kind == "request") request = packet.text;
        if (packet.kind != "reply") continue;
        ++replies;
        EXPECT_EQ(std::visit(RecodedReply{packet.text}, decode_request(request)), compact(packet.text))
            << packet.section;
    }
    EXPECT_GE(replies, static_cast<int>(std::variant_size_v<Request>));
}

TEST(ProtocolDocument, EachErrorIsWhatTheCodecWritesForIt) {
    int errors = 0;
    for (const DocumentedPacket& packet : packets()) {
        if (packet.kind != "error") continue;
        ++errors;
        EXPECT_EQ(recoded_error(packet.text), compact(packet.text));
    }
    EXPECT_GE(errors, 5);
}

TEST(ProtocolDocument, EachRefusedPacketIsAnsweredAsShown) {
    std::string refused;
    int answers = 0;
    for (const DocumentedPacket& packet : packets()) {
        if (packet.kind == "error" && !refused.empty()) {
            ++answers;
            EXPECT_EQ(answer_to_malformed(refused), compact(packet.text));
        }
        refused = packet.kind == "refused" ? packet.text : std::string{};
    }
    EXPECT_GE(answers, 4);
}

TEST(ProtocolDocument, KnowsNoOtherKindOfPacket) {
    for (const DocumentedPacket& packet : packets()) {
        EXPECT_THAT((std::set<std::string>{"request", "reply", "refused", "error"}), Contains(packet.kind));
        EXPECT_THAT(packet.text, Not(IsEmpty()));
    }
}

TEST(ProtocolDocument, NamesEveryErrorCode) {
    std::ifstream file(RINGVIEW_PROTOCOL_MD);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (int code = Error::full; code <= Error::system; ++code) {
        const std::string name = code_name(static_cast<Error::Code>(code));
        EXPECT_NE(text.find("`" + name + "`"), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace ringview::control
