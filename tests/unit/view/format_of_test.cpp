#include <array>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <ringview/view/format_of.hpp>

namespace ringview {
namespace {

struct Quote {
    double bid, ask;
    std::uint32_t size;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (bid, ask, size))

enum class Side : std::uint8_t { buy, sell };

struct Fill {
    char symbol[6];
    Side side;
    std::array<std::uint16_t, 3> parts;
    bool last;
};
BOOST_DESCRIBE_STRUCT(Fill, (), (symbol, side, parts, last))

struct Report {
    Fill fills[2];
    std::array<std::array<float, 3>, 2> matrix;
    std::int64_t when;
    Quote quote;
};
BOOST_DESCRIBE_STRUCT(Report, (), (fills, matrix, when, quote))

struct OtherOrder {
    std::uint8_t first;
    std::uint16_t second;
};
BOOST_DESCRIBE_STRUCT(OtherOrder, (), (second, first))

struct alignas(64) Wide {
    int value;
};
BOOST_DESCRIBE_STRUCT(Wide, (), (value))

struct Undescribed {
    int value;
};
struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())

TEST(FormatOf, ArithmeticTypesAloneAreTheirNativeCodes) {
    EXPECT_EQ(format_of<bool>(), "?");
    EXPECT_EQ(format_of<char>(), "c");
    EXPECT_EQ(format_of<std::byte>(), "B");
    EXPECT_EQ(format_of<std::int8_t>(), "b");
    EXPECT_EQ(format_of<std::uint16_t>(), "H");
    EXPECT_EQ(format_of<int>(), "i");
    EXPECT_EQ(format_of<long>(), sizeof(long) == 8 ? "q" : "i");
    EXPECT_EQ(format_of<unsigned long long>(), "Q");
    EXPECT_EQ(format_of<float>(), "f");
    EXPECT_EQ(format_of<const double>(), "d");
    EXPECT_EQ(format_of<Side>(), "B");
}

TEST(FormatOf, ArraysAreSubArraysAndCharArraysAreBytes) {
    EXPECT_EQ((format_of<std::array<double, 3>>()), "(3)<d");
    EXPECT_EQ((format_of<std::uint16_t[2][3]>()), "(2,3)<H");
    EXPECT_EQ((format_of<char[8]>()), "<8s");
    EXPECT_EQ((format_of<std::array<std::array<char, 8>, 2>>()), "(2)<8s");
    EXPECT_EQ((format_of<std::array<Quote, 2>>()), "(2)T{<d:bid:<d:ask:<I:size:4x}");
}

TEST(FormatOf, StructsHaveOrdersNamesAndPadding) {
    EXPECT_EQ(format_of<Quote>(), "T{<d:bid:<d:ask:<I:size:4x}");
    EXPECT_EQ(format_of<Fill>(), "T{<6s:symbol:<B:side:x(3)<H:parts:<?:last:x}");
    EXPECT_EQ(format_of<Wide>(), "T{<i:value:60x}");
}

TEST(FormatOf, NestedStructsAndArraysOfThemKeepTheirOffsets) {
    const Format& format = layout_of<Report>();
    ASSERT_EQ(format.itemsize(), sizeof(Report));
    ASSERT_EQ(format.fields().size(), 4U);
    EXPECT_EQ(format.fields()[0].type.sub_shape, (std::vector<std::ptrdiff_t>{2}));
    EXPECT_EQ(format.fields()[0].type.size, sizeof(Fill));
    EXPECT_EQ(format.fields()[0].type.fields[2].offset, offsetof(Fill, parts));
    EXPECT_EQ(format.fields()[1].offset, offsetof(Report, matrix));
    EXPECT_EQ(format.fields()[2].offset, offsetof(Report, when));
    EXPECT_EQ(format.fields()[3].offset, offsetof(Report, quote));
    EXPECT_EQ(format.alignment(), alignof(Report));
}

TEST(FormatOf, MembersAreInTheOrderOfTheirOffsets) {
    EXPECT_EQ(format_of<OtherOrder>(), "T{<B:first:x<H:second:}");
}

TEST(FormatOf, TextIsCanonical) {
    EXPECT_EQ(layout_of<Report>().canonical(), format_of<Report>());
    EXPECT_EQ(layout_of<double>().canonical(), format_of<double>());
    EXPECT_EQ(layout_of<char[8]>().canonical(), format_of<char[8]>());
}

TEST(FormatOf, LayoutIsOneObjectPerType) {
    EXPECT_EQ(&layout_of<Quote>(), &layout_of<Quote>());
}

TEST(FormatOf, OnlyTypesThatMeanTheSameElsewhereHaveALayout) {
    static_assert(HasLayout<Report> && HasLayout<const Quote>);
    static_assert(!HasLayout<int*> && !HasLayout<int&> && !HasLayout<long double> && !HasLayout<wchar_t>);
    static_assert(!HasLayout<std::string> && !HasLayout<Undescribed> && !HasLayout<Empty>);
    static_assert(!HasLayout<std::array<int*, 2>> && !HasLayout<Undescribed[2]>);
    SUCCEED() << "checked by the compiler; refused_at_compile_time.cpp checks the messages";
}

}  // namespace
}  // namespace ringview
