#include <type_traits>
#include <utility>

#include <boost/describe.hpp>
#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Quote {
    double bid, ask;
    std::uint32_t size;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (bid, ask, size))

struct OtherQuote {
    double bid;
    float ask;
    std::uint32_t size;
};
BOOST_DESCRIBE_STRUCT(OtherQuote, (), (bid, ask, size))

struct Trade {
    Quote before;
    std::uint8_t venue[4];
};
BOOST_DESCRIBE_STRUCT(Trade, (), (before, venue))

// What a consumer is handed cannot be written: whoever tries is told by the compiler.
template <class Element>
constexpr bool is_constant = std::is_const_v<std::remove_reference_t<Element>>;
static_assert(is_constant<decltype(*std::declval<Message<Quote>>())>);
static_assert(is_constant<decltype(*std::declval<Message<Quote>>().operator->())>);
static_assert(is_constant<decltype(std::declval<Message<Quote>>().elements()[0])>);
static_assert(is_constant<decltype(std::declval<Message<>>().bytes()[0])>);
static_assert(is_constant<decltype(**std::declval<MessageBatch<Quote>>().begin())>);
static_assert(!is_constant<decltype(*std::declval<Slot<Quote>>())>);

class Types : public testing::Test {
 protected:
    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(Types, OfARingComeBackAsTheyWereWritten) {
    client.create({.name = "trades", .format = format_of<Trade>()});
    auto producer = client.producer<Trade>("trades");
    auto consumer = client.consumer<Trade>("trades");
    auto slot = producer.reserve();
    *slot = {{1.5, 2.5, 7}, {1, 2, 3, 4}};
    slot.publish();
    const auto message = consumer.next();
    EXPECT_EQ(message->before.ask, 2.5);
    EXPECT_EQ(message->before.size, 7U);
    EXPECT_EQ(message->venue[3], 4);
}

TEST_F(Types, WithAShapeAreASpanOfElements) {
    client.create(
        {.name = "quotes", .format = format_of<Quote>(), .shape = {-1}, .slots = 2, .slot_bytes = 10 * sizeof(Quote)});
    auto producer = client.producer<Quote>("quotes");
    auto consumer = client.consumer<Quote>("quotes");
    auto slot = producer.reserve();
    ASSERT_EQ(slot.elements().size(), 10U);
    slot.resize(3 * sizeof(Quote));
    for (Quote& quote : slot.elements()) quote = {1, 2, 3};
    slot.publish();
    EXPECT_EQ(consumer.next().elements().size(), 3U);
}

TEST_F(Types, ThatDoNotFitAreRefusedShowingBothLayouts) {
    client.create({.name = "quotes", .format = format_of<Quote>()});
    const auto expect_mismatch = [](const std::function<void()>& attach) {
        try {
            attach();
            ADD_FAILURE() << "another layout was let in";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Error::type_mismatch);
            EXPECT_THAT(error.message(),
                        AllOf(HasSubstr("the ring has"), HasSubstr("you asked for"), HasSubstr("ask")));
        }
    };
    expect_mismatch([&] { client.producer<OtherQuote>("quotes"); });
    expect_mismatch([&] { client.consumer<OtherQuote>("quotes"); });
    expect_mismatch([&] { client.consumer<OtherQuote>("quotes", {.name = "kept", .durable = true}); });
    expect_mismatch([&] { client.consumer<OtherQuote>("quotes", {.durable = true, .group = "kept"}); });
    const RingInfo info = client.stat("quotes");
    EXPECT_TRUE(info.producers.empty() && info.consumers.empty() && info.groups.empty())
        << "a refused attach takes no place, and declares nothing";
    EXPECT_NO_THROW(client.producer<Quote>("quotes"));
}

TEST_F(Types, AreComparedByLayoutAndNotBySpelling) {
    client.create({.name = "quotes", .format = "T{<d:bid: d:ask:I:size:4x}"});
    EXPECT_NO_THROW(client.producer<Quote>("quotes"));
}

TEST_F(Types, DoNotMatterToWhoeverAsksForNone) {
    client.create({.name = "quotes", .format = format_of<Quote>()});
    Producer<> producer = client.producer("quotes");
    Slot<> slot = producer.reserve();
    EXPECT_EQ(slot.view().itemsize(), sizeof(Quote));
}

}  // namespace
}  // namespace ringview::test
