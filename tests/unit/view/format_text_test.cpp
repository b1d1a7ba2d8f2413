#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/view/format.hpp>

namespace ringview {
namespace {

TEST(FormatText, CanonicalWritesEveryOrderAndPadding) {
    EXPECT_EQ(Format::parse("T{d:a:I:b:}").canonical(), "T{<d:a:<I:b:4x}");
    EXPECT_EQ(Format::parse("T{B:a:H:b:}").canonical(), "T{<B:a:x<H:b:}");
    EXPECT_EQ(Format::parse("T{>l:a:}").canonical(), "T{>i:a:}");
    EXPECT_EQ(Format::parse("(2)3H").canonical(), "(2,3)<H");
    EXPECT_EQ(Format::parse("dI").canonical(), "T{<d<I}");
    EXPECT_EQ(Format::parse("T{T{5s:s:}:in:}").canonical(), "T{T{<5s:s:}:in:}");
}

TEST(FormatText, CanonicalOfALoneNativeScalarIsItsCode) {
    EXPECT_EQ(Format::parse("<d").canonical(), "d");
    EXPECT_EQ(Format::parse("l").canonical(), "q");
    EXPECT_EQ(Format::parse(">d").canonical(), ">d");
    EXPECT_EQ(Format::parse("5s").canonical(), "<5s");
}

TEST(FormatText, DescribeShowsOffsetSizeNameAndType) {
    const std::string text = Format::parse("T{<d:bid:T{(2)<H:v:}:in:4x}").describe();
    EXPECT_THAT(text, testing::HasSubstr("     0      8  bid   <d"));
    EXPECT_THAT(text, testing::HasSubstr("     8      4  in.v  (2)<H"));
    EXPECT_THAT(text, testing::HasSubstr("    16  end of item"));
}

TEST(FormatText, DifferenceShowsBothLayoutsAndTheFirstDifference) {
    const std::string text = describe_difference(Format::parse("T{<d:bid:<d:ask:}"), Format::parse("T{<d:bid:<f:ask:}"),
                                                 "ring has", "you asked for");
    EXPECT_THAT(text, testing::StartsWith("ring has 'T{<d:bid:<d:ask:}'"));
    EXPECT_THAT(text, testing::HasSubstr("you asked for 'T{<d:bid:<f:ask:}'"));
    EXPECT_THAT(text, testing::ContainsRegex("ask +<d +! +8 +4 +ask +<f"));
    EXPECT_THAT(text, testing::HasSubstr("first difference: ring has 'ask' of type <d (8 bytes) at offset 8, "
                                         "you asked for 'ask' of type <f (4 bytes) at offset 8"));
}

TEST(FormatText, DifferenceNamesMissingFieldsAndSizes) {
    EXPECT_THAT(describe_difference(Format::parse("T{<d:a:}"), Format::parse("T{<d:a:<d:b:}")),
                testing::HasSubstr("left no more fields (an item has 8 bytes), right 'b'"));
    EXPECT_THAT(describe_difference(Format::parse("T{<d:a:}"), Format::parse("T{<d:a:4x}")),
                testing::HasSubstr("the size of an item, 8 bytes against 12"));
    EXPECT_THAT(describe_difference(Format::parse("T{d:a:}"), Format::parse("T{<d:a:}")),
                testing::HasSubstr("the same layout"));
    EXPECT_THAT(describe_difference(Format::parse("T{T{B:b:}:a:}"), Format::parse("T{B:a.b:}")),
                testing::HasSubstr("grouped into records"));
}

}  // namespace
}  // namespace ringview
