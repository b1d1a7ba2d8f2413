#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/view/memory_view.hpp>

#include "view_error_matcher.hpp"

namespace ringview {
namespace {

/// One item of a format in memory that starts at an odd address.
class OneItem {
 public:
    explicit OneItem(std::string_view format)
        : format_(Format::shared(format)), memory_(format_->itemsize() + 1), view_(memory_.data() + 1, format_, {}) {}

    OneItem& fill(std::initializer_list<int> bytes) {
        std::size_t i = 1;
        for (const int byte : bytes) memory_.at(i++) = static_cast<std::byte>(byte);
        return *this;
    }
    Scalar value() const { return view_.at(); }
    Scalar after(const Scalar& value) const {
        view_.set({}, value);
        return view_.at();
    }
    void set(const Scalar& value) const { view_.set({}, value); }
    const std::vector<std::byte>& memory() const { return memory_; }

 private:
    std::shared_ptr<const Format> format_;
    std::vector<std::byte> memory_;
    MemoryView view_;
};

TEST(Items, ByteOrderIsHonouredAtAnyAddress) {
    EXPECT_EQ(OneItem("<H").fill({1, 2}).value(), 0x0201);
    EXPECT_EQ(OneItem(">H").fill({1, 2}).value(), 0x0102);
    EXPECT_EQ(OneItem("!i").fill({0xff, 0xff, 0xff, 0xfe}).value(), -2);
    EXPECT_EQ(OneItem(">d").fill({0x3f, 0xf8, 0, 0, 0, 0, 0, 0}).value(), 1.5);
    EXPECT_EQ(OneItem("<e").fill({0, 0x3e}).value(), 1.5);
    EXPECT_EQ(OneItem(">q").after(-3), -3);
}

TEST(Items, EveryKindReadsWhatWasWritten) {
    EXPECT_EQ(OneItem("?").after(true), true);
    EXPECT_EQ(OneItem("?").fill({7}).value(), true);
    EXPECT_EQ(OneItem("c").after('x'), 'x');
    EXPECT_EQ(OneItem("3s").after("ab"), std::string("ab\0", 3));
    EXPECT_EQ(OneItem("3s").after("abcd"), "abc");
    EXPECT_EQ(OneItem("4p").after("ab"), "ab");
    EXPECT_EQ(OneItem("4p").after("abcdef"), "abc");
    EXPECT_EQ(OneItem("1p").after("ab"), "");
    EXPECT_EQ(OneItem("4p").fill({200, 'a', 'b', 'c'}).value(), "abc");
    EXPECT_EQ(OneItem("f").after(1), 1.0);
    EXPECT_EQ(OneItem("e").after(0.1), 0.0999755859375);
    EXPECT_EQ(OneItem("P").after(77), 77);
    EXPECT_EQ(OneItem("T{2x:pad:}").after(Value::List{"ab"})["pad"], "ab");
}

TEST(Items, RangesAreThoseOfTheCode) {
    EXPECT_EQ(OneItem("b").after(-128), -128);
    EXPECT_EQ(kind_of([] { OneItem("b").set(128); }), ViewErrc::value);
    EXPECT_EQ(kind_of([] { OneItem("B").set(-1); }), ViewErrc::value);
    EXPECT_EQ(OneItem("Q").after(std::numeric_limits<std::uint64_t>::max()), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(kind_of([] { OneItem("q").set(std::numeric_limits<std::uint64_t>::max()); }), ViewErrc::value);
    EXPECT_EQ(kind_of([] { OneItem("e").set(65520); }), ViewErrc::value);
    EXPECT_EQ(OneItem("e").after(65519), 65504);
    EXPECT_EQ(OneItem("f").after(1e300), std::numeric_limits<double>::infinity());
    EXPECT_EQ(kind_of([] { OneItem("c").set("ab"); }), ViewErrc::value);
}

TEST(Items, OtherTypesAreRefused) {
    EXPECT_EQ(kind_of([] { OneItem("i").set(1.5); }), ViewErrc::type);
    EXPECT_EQ(kind_of([] { OneItem("d").set("1"); }), ViewErrc::type);
    EXPECT_EQ(kind_of([] { OneItem("3s").set(1); }), ViewErrc::type);
    EXPECT_EQ(kind_of([] { OneItem("T{B}").set(1); }), ViewErrc::type);
    EXPECT_EQ(kind_of([] { OneItem("(2)B").set(1); }), ViewErrc::type);
}

TEST(Items, RecordsAreNamedValuesAndSubArraysLists) {
    const OneItem item("T{<H:a:T{B:x:b:y:}:in:(2,2)B:m:}");
    const Scalar value =
        item.after(Value::List{258, Value::List{1, -1}, Value::List{Value::List{1, 2}, Value::List{3, 4}}});
    EXPECT_EQ(value.text(), "{'a': 258, 'in': {'x': 1, 'y': -1}, 'm': [[1, 2], [3, 4]]}");
    EXPECT_EQ(item.after(value), value);
    EXPECT_EQ(value["in"]["y"], -1);
}

TEST(Items, RecordsTakeTheirOwnFieldsOnly) {
    const OneItem item("T{B:a:B:b:}");
    EXPECT_EQ(item.after(Value::Record{{"a", "b"}, {1, 2}})["b"], 2);
    EXPECT_EQ(kind_of([&] { item.set(Value::Record{{"b", "a"}, {1, 2}}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { item.set(Value::List{1}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([] { OneItem("(2)B").set(Value::List{1}); }), ViewErrc::value);
}

TEST(Items, ARefusedRecordLeavesTheItemAsItWas) {
    OneItem item("T{B:a:2xB:b:}");
    item.fill({1, 8, 9, 2});
    const std::vector<std::byte> before = item.memory();
    EXPECT_EQ(kind_of([&] { item.set(Value::List{5, 256}); }), ViewErrc::value);
    EXPECT_EQ(item.memory(), before);
    item.set(Value::List{5, 6});
    EXPECT_EQ(item.memory()[2], std::byte{8}) << "padding stays";
}

TEST(Items, ToListNestsOneLevelADimension) {
    std::array<std::uint8_t, 6> numbers = {1, 2, 3, 4, 5, 6};
    EXPECT_EQ(MemoryView::of(numbers, {2, 3}).tolist().text(), "[[1, 2, 3], [4, 5, 6]]");
    EXPECT_EQ(MemoryView::of(numbers, {2, 3}).slice(0, {}, {}, -1).tolist().text(), "[[4, 5, 6], [1, 2, 3]]");
}

}  // namespace
}  // namespace ringview
