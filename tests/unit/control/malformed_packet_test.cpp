#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/control/codec.hpp>

#include "support/error_matcher.hpp"

namespace ringview::control {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing_support::throws_error;

struct Malformed {
    std::string packet;
    std::string message;  ///< a part of it
};

void expect_refused(const std::vector<Malformed>& cases, Error::Code code) {
    for (const Malformed& malformed : cases) {
        EXPECT_THAT([&] { decode_request(malformed.packet); }, throws_error(code, HasSubstr(malformed.message)))
            << malformed.packet.substr(0, 200);
    }
}

std::string create_with(const std::string& member) {
    return R"({"v":1,"op":"create","ring":{"name":"quotes",)" + member + "}}";
}

std::string attach_with(const std::string& member) {
    return R"({"v":1,"op":"attach_consumer","ring":"quotes",)" + member + "}";
}

TEST(MalformedPacket, WhatIsNoJsonIsRefused) {
    expect_refused({{"", "not JSON"},
                    {" ", "not JSON"},
                    {"hello", "not JSON"},
                    {R"({"v":1,"op":"list")", "not JSON"},
                    {R"({"v":1,"op":"list"}})", "not JSON"},
                    {R"({"v":1,"op":"list"} {})", "not JSON"},
                    {R"({'v':1})", "not JSON"},
                    {R"({"v":01,"op":"list"})", "not JSON"},
                    {R"({"v":1,"op":"list",})", "not JSON"},
                    {std::string("\0", 1), "not JSON"},
                    {"{\"v\":1,\"op\":\"\xff\"}", "not JSON"},
                    {R"({"v":1,"op":"\ud800"})", "not JSON"}},
                   Error::corrupt);
}

TEST(MalformedPacket, JsonThatIsNoObjectIsRefusedAndShown) {
    expect_refused({{"[1,2]", "the packet is [1,2], expected a JSON object"},
                    {"\"hello\"", "the packet is \"hello\", expected"},
                    {"null", "the packet is null, expected"},
                    {"17", "the packet is 17, expected"}},
                   Error::corrupt);
}

TEST(MalformedPacket, WhatIsNestedTooDeepIsRefusedHoweverDeep) {
    for (const std::size_t depth : {9U, 1000U, 30000U}) {
        const std::string nested = std::string(depth, '[') + std::string(depth, ']');
        expect_refused({{R"({"v":1,"op":"list","x":)" + nested + "}", "too deep"}}, Error::corrupt);
    }
    EXPECT_NO_THROW(decode_request(R"({"v":1,"op":"list","x":[[[[[[[]]]]]]]})"));
}

TEST(MalformedPacket, AnotherVersionIsRefusedAndNamed) {
    expect_refused({{R"({"v":0,"op":"list"})", "version 0, expected 1"},
                    {R"({"v":2,"op":"list"})", "version 2, expected 1"},
                    {R"({"v":-1,"op":"list"})", "version -1, expected 1"}},
                   Error::version);
    expect_refused({{R"({"op":"list"})", "v must be a whole number, not missing"},
                    {R"({"v":"1","op":"list"})", "v must be a whole number, not \"1\""},
                    {R"({"v":1.0,"op":"list"})", "v must be a whole number, not 1E0"},
                    {R"({"v":18446744073709551615,"op":"list"})", "v must be a whole number"}},
                   Error::corrupt);
}

TEST(MalformedPacket, AnUnknownOpIsRefusedAndNamed) {
    expect_refused({{R"({"v":1,"op":"resize"})", "no op \"resize\""},
                    {R"({"v":1,"op":""})", "no op \"\""},
                    {R"({"v":1,"op":"List"})", "no op \"List\""},
                    {R"({"v":1,"op":"list\u0000"})", "no op"}},
                   Error::unsupported);
    expect_refused({{R"({"v":1})", "op must be a string, not missing"},
                    {R"({"v":1,"op":3})", "op must be a string, not 3"},
                    {R"({"v":1,"op":null})", "op must be a string, not null"}},
                   Error::corrupt);
}

TEST(MalformedPacket, AMissingMemberIsNamed) {
    expect_refused({{R"({"v":1,"op":"create"})", "ring must be an object, not missing"},
                    {R"({"v":1,"op":"create","ring":{}})", "ring.name must be a string, not missing"},
                    {R"({"v":1,"op":"remove"})", "ring must be a string, not missing"},
                    {R"({"v":1,"op":"attach_producer"})", "ring must be a string, not missing"},
                    {R"({"v":1,"op":"attach_consumer"})", "ring must be a string, not missing"},
                    {R"({"v":1,"op":"detach"})", "endpoint must be a whole number, not missing"}},
                   Error::corrupt);
}

TEST(MalformedPacket, AMemberOfTheWrongTypeIsNamedWithWhatWasExpectedAndFound) {
    expect_refused(
        {{R"({"v":1,"op":"hello","client":7})", "client must be a string, not 7"},
         {R"({"v":1,"op":"list","after":[]})", "after must be a string, not []"},
         {R"({"v":1,"op":"stat","ring":{}})", "ring must be a string, not {}"},
         {R"({"v":1,"op":"create","ring":"quotes"})", "ring must be an object, not \"quotes\""},
         {create_with(R"("format":1)"), "ring.format must be a string, not 1"},
         {create_with(R"("shape":3)"), "ring.shape must be an array, not 3"},
         {create_with(R"("shape":[1,"2"])"), "ring.shape must be an array of whole numbers, not [1,\"2\"]"},
         {create_with(R"("timestamps":1)"), "ring.timestamps must be true or false, not 1"},
         {create_with(R"("access":[])"), "ring.access must be an object, not []"},
         {create_with(R"("access":{"consume":"any"})"), "ring.access.consume must be an array, not \"any\""},
         {create_with(R"("access":{"manage":[0]})"), "ring.access.manage must be an array of strings, not [0]"},
         {create_with(R"("prefault":"yes")"), "ring.prefault must be true or false, not \"yes\""},
         {create_with(R"("lock":0)"), "ring.lock must be true or false, not 0"},
         {create_with(R"("numa_node":"0")"), "ring.numa_node must be a whole number"},
         {create_with(R"("history":null)"), "ring.history must be a whole number, not null"},
         {attach_with(R"("durable":"no")"), "durable must be true or false, not \"no\""},
         {R"({"v":1,"op":"detach","endpoint":"1"})", "endpoint must be a whole number, not \"1\""}},
        Error::corrupt);
}

TEST(MalformedPacket, ANameThatIsNoChoiceIsRefusedWithTheChoices) {
    expect_refused(
        {{create_with(R"("backend":"file")"), R"(ring.backend must be "posix" or "memfd", not "file")"},
         {create_with(R"("huge_pages":"on")"), R"(ring.huge_pages must be "off", "try" or "require", not "on")"},
         {create_with(R"("fences":"")"), R"(ring.fences must be "automatic" or "always", not "")"},
         {attach_with(R"("policy":"best")"), R"(policy must be "lossless" or "lossy", not "best")"},
         {attach_with(R"("start":"now")"), R"(start must be "oldest", "newest" or "next", not "now")"},
         {attach_with(R"("start":0)"), "start must be a string, not 0"}},
        Error::corrupt);
}

TEST(MalformedPacket, NumbersOutOfRangeAreRefusedNotWrapped) {
    expect_refused({{create_with(R"("slots":-1)"), "ring.slots must be a whole number, not -1"},
                    {create_with(R"("slots":1.5)"), "ring.slots must be a whole number, not 1.5E0"},
                    {create_with(R"("slots":1e3)"), "ring.slots must be a whole number, not 1E3"},
                    {create_with(R"("slots":18446744073709551616)"), "ring.slots must be a whole number"},
                    {create_with(R"("producers":4294967297)"), "a whole number up to 4294967295, not 4294967297"},
                    {create_with(R"("numa_node":4294967296)"), "a whole number up to 4294967295, not 4294967296"},
                    {create_with(R"("shape":[9223372036854775808])"), "ring.shape must be an array of whole numbers"},
                    {create_with(R"("stall_timeout_ms":9223372036855)"), "up to 9223372036854, not 9223372036855"},
                    {R"({"v":1,"op":"detach","endpoint":-1})", "endpoint must be a whole number, not -1"}},
                   Error::corrupt);
    EXPECT_NO_THROW(decode_request(create_with(R"("producers":4294967295,"stall_timeout_ms":9223372036854)")));
}

TEST(MalformedPacket, ALongValueIsShownInPart) {
    const std::string packet = R"({"v":1,"op":"detach","endpoint":")" + std::string(60000, 'x') + "\"}";
    EXPECT_THAT(
        [&] { decode_request(packet); },
        throws_error(Error::corrupt, AllOf(HasSubstr("not \"xxx"), HasSubstr("..."), SizeIs(testing::Lt(200U)))));
}

TEST(MalformedPacket, ThePacketsOfOneRequestAreRefusedAsAnother) {
    EXPECT_THAT([] { decode_reply<CreateReply>(R"({"v":1,"ok":true})"); },
                throws_error(Error::corrupt, HasSubstr("created must be true or false, not missing")));
    EXPECT_THAT([] { decode_reply<OkReply>(R"({"v":1,"ok":false})"); },
                throws_error(Error::corrupt, HasSubstr("ok must be true, not false")));
    EXPECT_THAT([] { decode_reply<OkReply>(R"({"v":1})"); },
                throws_error(Error::corrupt, HasSubstr("ok must be true or false, not missing")));
    EXPECT_THAT([] { decode_reply<OkReply>(R"({"v":3,"ok":true})"); }, throws_error(Error::version));
    EXPECT_THAT([] { decode_reply<OkReply>(R"({"v":1,"error":"no"})"); },
                throws_error(Error::corrupt, HasSubstr("error must be an object, not \"no\"")));
    EXPECT_THAT([] { decode_reply<OkReply>(R"({"v":1,"error":{"code":"full"}})"); },
                throws_error(Error::corrupt, HasSubstr("error.message must be a string, not missing")));
    EXPECT_THAT([] { decode_reply<AttachReply>(R"({"v":1,"ok":true,"endpoint":1,"index":4294967296,"position":0})"); },
                throws_error(Error::corrupt, HasSubstr("index must be a whole number up to 4294967295")));
}

TEST(MalformedPacket, AMemberDeepInAReplyIsNamedByItsPath) {
    const std::string head =
        R"({"v":1,"ok":true,"rings":[{"name":"a","format":"B","shape":[],"slots":1,"slot_bytes":1,)"
        R"("bytes":1,"head":0,"used":0,"published":0,"consumers":[{"name":"c","pid":1,"uid":)";
    EXPECT_THAT([&] { decode_reply<RingsReply>(head + R"(-2}]}]})"); },
                throws_error(Error::corrupt, HasSubstr("rings[0].consumers[0].uid must be a whole number up to "
                                                       "4294967295, not -2")));
    EXPECT_THAT([] { decode_reply<RingsReply>(R"({"v":1,"ok":true,"rings":[7]})"); },
                throws_error(Error::corrupt, HasSubstr("rings must be an array of objects, not [7]")));
}

}  // namespace
}  // namespace ringview::control
