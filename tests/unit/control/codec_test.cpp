#include <limits>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/control/codec.hpp>

#include "support/error_matcher.hpp"

namespace ringview::control {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using testing_support::throws_error;

template <class R>
R decoded(const std::string& packet) {
    const Request request = decode_request(packet);
    EXPECT_TRUE(std::holds_alternative<R>(request)) << packet;
    return std::get<R>(request);
}

Error thrown_by_reply(const std::string& packet) {
    try {
        decode_reply<OkReply>(packet);
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error was thrown";
    return {Error::system, "none"};
}

TEST(Codec, FillsInTheDefaultsOfMembersThatAreLeftOut) {
    EXPECT_EQ(decoded<HelloRequest>(R"({"v":1,"op":"hello"})"), HelloRequest{});
    EXPECT_EQ(decoded<ListRequest>(R"({"v":1,"op":"list"})"), ListRequest{});
    EXPECT_EQ(decoded<StatRequest>(R"({"v":1,"op":"stat"})"), StatRequest{});
    RingSpec spec;
    spec.name = "quotes";
    EXPECT_EQ(decoded<CreateRequest>(R"({"v":1,"op":"create","ring":{"name":"quotes"}})"), CreateRequest{spec});
    EXPECT_EQ(decoded<AttachProducerRequest>(R"({"v":1,"op":"attach_producer","ring":"quotes"})"),
              (AttachProducerRequest{"quotes", ""}));
    EXPECT_EQ(decoded<AttachConsumerRequest>(R"({"v":1,"op":"attach_consumer","ring":"quotes"})"),
              (AttachConsumerRequest{"quotes", "", Policy::lossless, Start::next, false}));
}

TEST(Codec, RefusesToSendATextThatIsNotUtf8AndNamesIt) {
    RingSpec spec;
    spec.name = "quotes";
    spec.format =
        "T{<d:gr\xc3\xb6\xc3\x9f"
        "e:}";
    EXPECT_EQ(decoded<CreateRequest>(encode(Request(CreateRequest{spec}))), CreateRequest{spec});
    spec.format =
        "T{<d:gr\xf6\xdf"
        "e:}";
    EXPECT_THAT([&] { encode(Request(CreateRequest{spec})); },
                throws_error(Error::invalid, HasSubstr("the format is not UTF-8: byte 7 of it is 0xf6")));
    EXPECT_THAT([] { encode(Request(RemoveRequest{"\xe9"})); },
                throws_error(Error::invalid, HasSubstr("the ring is not UTF-8: byte 0 of it is 0xe9")));
}

TEST(Codec, PassesOverMembersItDoesNotKnow) {
    EXPECT_EQ(decoded<RemoveRequest>(R"({"v":1,"op":"remove","ring":"quotes","force":{"really":[1,2,{}]}})"),
              RemoveRequest{"quotes"});
    EXPECT_EQ(decode_reply<CreateReply>(R"({"v":1,"ok":true,"created":true,"segments":2})"), CreateReply{true});
}

TEST(Codec, TakesTheLastOfMembersThatStandTwice) {
    EXPECT_EQ(decoded<RemoveRequest>(R"({"v":1,"op":"remove","ring":"a","ring":"b"})"), RemoveRequest{"b"});
}

TEST(Codec, KeepsAll64BitsOfPositionsAndEndpoints) {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(decoded<DetachRequest>(encode(Request(DetachRequest{largest}))).endpoint, largest);
    const AttachReply reply{largest, 63, std::uint64_t{1} << 63, "recorder"};
    EXPECT_EQ(decode_reply<AttachReply>(encode(Reply(reply))), reply);
}

TEST(Codec, CarriesAnErrorWithCodeMessageAndHint) {
    const Error error = thrown_by_reply(encode(Error(Error::busy, "it \"has\" a producer\n", "end it")));
    EXPECT_EQ(error.code(), Error::busy);
    EXPECT_EQ(error.message(), "it \"has\" a producer\n");
    EXPECT_EQ(error.hint(), "end it");
}

TEST(Codec, TakesAnErrorCodeOfALaterVersionForASystemError) {
    const Error error = thrown_by_reply(R"({"v":1,"error":{"code":"overheated","message":"too hot"}})");
    EXPECT_EQ(error.code(), Error::system);
    EXPECT_EQ(error.message(), "too hot");
    EXPECT_EQ(error.hint(), "");
}

TEST(Codec, AnErrorOfAnyLengthFitsIntoAPacketAndKeepsItsBeginning) {
    const std::string longest(3 * max_packet_bytes, '\x01');  // each byte is six in JSON
    const std::string packet = encode(Error(Error::invalid, "it begins: " + longest, longest));
    EXPECT_LE(packet.size(), max_packet_bytes);
    EXPECT_THAT(thrown_by_reply(packet).message(), StartsWith("it begins: \x01"));
}

TEST(Codec, AnErrorThatQuotesBrokenTextIsStillValidJson) {
    // A quotation that was cut in the middle of a character, as substr() does.
    const Error error = thrown_by_reply(encode(Error(Error::invalid, "no ring \xe2\x82", "\xff\xc0\xaf\xed\xa0\x80")));
    EXPECT_EQ(error.message(), "no ring ??");
    EXPECT_EQ(error.hint(), "??????");
}

TEST(Codec, AnErrorIsCutBetweenCharacters) {
    std::string euros;
    while (euros.size() < 10000) euros += "\xe2\x82\xac";
    EXPECT_THAT(thrown_by_reply(encode(Error(Error::invalid, euros))).message(), EndsWith("\xac"));
}

TEST(Codec, EveryCharacterOfUnicodeSurvivesInAnError) {
    // The first and the last of each length and both sides of the surrogates.
    const std::string text = "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
    EXPECT_EQ(thrown_by_reply(encode(Error(Error::invalid, text))).message(), text);
    EXPECT_EQ(thrown_by_reply(encode(Error(Error::invalid, "\xf4\x90\x80\x80\xe0\x9f\xbf\xf0\x8f\xbf\xbf"))).message(),
              "???????????");
}

TEST(Codec, AProgramWhoseNameIsCutInsideACharacterCanSayHello) {
    // The kernel cuts a program's name after 15 bytes.
    EXPECT_EQ(decoded<HelloRequest>(encode(Request(HelloRequest{"\xd0\xba\xd0\xb0\xd0"}))).client, "\xd0\xba\xd0\xb0?");
}

TEST(Codec, KnowsPoliciesAndStartsByNameBothWays) {
    for (const Policy policy : {Policy::lossless, Policy::lossy})
        EXPECT_EQ(policy_from_name(policy_name(policy)), policy);
    for (const Start start : {Start::oldest, Start::newest, Start::next})
        EXPECT_EQ(start_from_name(start_name(start)), start);
    EXPECT_THAT([] { policy_from_name("lossful"); },
                throws_error(Error::invalid, HasSubstr("lossless or lossy, not \"lossful\"")));
    EXPECT_THAT([] { start_from_name("Next"); },
                throws_error(Error::invalid, HasSubstr("oldest, newest or next, not \"Next\"")));
}

}  // namespace
}  // namespace ringview::control
