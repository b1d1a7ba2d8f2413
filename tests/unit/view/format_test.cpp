#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/view/format.hpp>
#include <ringview/view/view_limits.hpp>

namespace ringview {
namespace {

std::size_t itemsize(std::string_view text) {
    return Format::parse(text).itemsize();
}

std::string parse_error(const std::string& text) {
    try {
        Format::parse(text);
    } catch (const ViewError& error) {
        EXPECT_EQ(error.kind(), ViewErrc::format);
        return error.what();
    }
    return "accepted";
}

TEST(Format, NativeSizesAreThoseOfTheCompiler) {
    EXPECT_EQ(itemsize("l"), sizeof(long));
    EXPECT_EQ(itemsize("@L"), sizeof(long));
    EXPECT_EQ(itemsize("n"), sizeof(std::ptrdiff_t));
    EXPECT_EQ(itemsize("P"), sizeof(void*));
    EXPECT_EQ(itemsize("?"), 1U);
}

TEST(Format, StandardSizesHoldUnderEveryOtherMark) {
    for (const std::string mark : {"=", "<", ">", "!"}) {
        EXPECT_EQ(itemsize(mark + "l"), 4U);
        EXPECT_EQ(itemsize(mark + "q"), 8U);
        EXPECT_EQ(itemsize(mark + "e"), 2U);
        EXPECT_EQ(itemsize(mark + "Bd"), 9U);
    }
}

TEST(Format, NativeItemsAreAlignedAndStandardOnesAreNot) {
    const Format native = Format::parse("BdB");
    ASSERT_EQ(native.fields().size(), 3U);
    EXPECT_EQ(native.fields()[1].offset, 8U);
    EXPECT_EQ(native.itemsize(), 17U);
    EXPECT_EQ(Format::parse("<BdB").fields()[1].offset, 1U);
    EXPECT_EQ(Format::parse("^Bd").fields()[1].offset, 1U);
}

TEST(Format, BareItemsEndAsInStructAndRecordsAsInC) {
    EXPECT_EQ(itemsize("dI"), 12U);
    EXPECT_EQ(itemsize("T{dI}"), 16U);
    EXPECT_EQ(itemsize("T{<d:bid:<I:size:}"), 12U);
    EXPECT_EQ(itemsize("T{d:bid:I:size:}B"), 17U);
}

TEST(Format, ZeroCountAlignsAndIsNoField) {
    const Format format = Format::parse("B0d");
    EXPECT_EQ(format.itemsize(), 8U);
    EXPECT_EQ(format.fields().size(), 1U);
}

TEST(Format, OrderMarkHoldsPastTheEndOfARecord) {
    const Format format = Format::parse("T{T{>H:a:}:in:H:b:}");
    EXPECT_EQ(format.fields()[1].type.order, ByteOrder::big);
    EXPECT_EQ(format.itemsize(), 4U);
}

TEST(Format, RecordFieldsHaveNamesOffsetsAndSubShapes) {
    const Format format = Format::parse("T{<d:bid:(4)<H:v:4x3s:tag:T{B:x:}:in:}");
    ASSERT_EQ(format.fields().size(), 4U);
    EXPECT_EQ(format.fields()[1].name, "v");
    EXPECT_EQ(format.fields()[1].offset, 8U);
    EXPECT_EQ(format.fields()[1].type.sub_shape, (std::vector<std::ptrdiff_t>{4}));
    EXPECT_EQ(format.fields()[2].offset, 20U);
    EXPECT_EQ(format.fields()[2].type.size, 3U);
    EXPECT_EQ(format.fields()[3].type.fields[0].name, "x");
    EXPECT_EQ(format.itemsize(), 24U);
    EXPECT_EQ(format.alignment(), 8U);
}

TEST(Format, CountIsTheLastDimensionOfASubArray) {
    const Format format = Format::parse("(2,3)4H");
    EXPECT_FALSE(format.is_record());
    EXPECT_EQ(format.type().sub_shape, (std::vector<std::ptrdiff_t>{2, 3, 4}));
    EXPECT_EQ(Format::parse("(2)5s").itemsize(), 10U);
}

TEST(Format, EqualityComparesLayoutsNotStrings) {
    EXPECT_EQ(Format::parse("d"), Format::parse("<d"));
    EXPECT_EQ(Format::parse("l"), Format::parse("<q"));
    EXPECT_EQ(Format::parse("T{d:a:I:b:}"), Format::parse("T{<d:a:<I:b:4x}"));
    EXPECT_EQ(Format::parse(">B"), Format::parse("B"));
    EXPECT_EQ(Format::parse("3d"), Format::parse("(3)d"));
    EXPECT_EQ(Format::parse("d:a:d:b:"), Format::parse("T{d:a:d:b:}"));
}

TEST(Format, EqualityFailsForAnyDifferenceOfLayout) {
    EXPECT_NE(Format::parse("d"), Format::parse(">d"));
    EXPECT_NE(Format::parse("q"), Format::parse("Q"));
    EXPECT_NE(Format::parse("c"), Format::parse("B"));
    EXPECT_NE(Format::parse("s"), Format::parse("c"));
    EXPECT_NE(Format::parse("P"), Format::parse("Q"));
    EXPECT_NE(Format::parse("d"), Format::parse("T{d}"));
    EXPECT_NE(Format::parse("T{d:a:}"), Format::parse("T{d:b:}"));
    EXPECT_NE(Format::parse("T{d:a:I:b:}"), Format::parse("T{<d:a:<I:b:}"));
    EXPECT_NE(Format::parse("T{<d:a:4x<I:b:}"), Format::parse("T{<d:a:<I:b:4x}"));
    EXPECT_NE(Format::parse("(2,3)d"), Format::parse("(3,2)d"));
}

TEST(Format, MalformedTextIsRefusedWithPlaceAndReason) {
    EXPECT_THAT(parse_error("T{<d:bid:"), testing::HasSubstr("'}' is expected"));
    EXPECT_THAT(parse_error("T{<d:bid:"), testing::HasSubstr("character 10"));
    EXPECT_THAT(parse_error("d}"), testing::HasSubstr("closes no record"));
    EXPECT_THAT(parse_error(""), testing::HasSubstr("at least one byte"));
    EXPECT_THAT(parse_error("T{}"), testing::HasSubstr("at least one byte"));
    EXPECT_THAT(parse_error("z"), testing::HasSubstr("unknown type code 'z'"));
    EXPECT_THAT(parse_error("3"), testing::HasSubstr("ends where a type code"));
    EXPECT_THAT(parse_error("3 d"), testing::HasSubstr("unknown type code"));
    EXPECT_THAT(parse_error("<n"), testing::HasSubstr("native sizes only"));
    EXPECT_THAT(parse_error("d:bid"), testing::HasSubstr("closing ':'"));
    EXPECT_THAT(parse_error("d::"), testing::HasSubstr("must not be empty"));
    EXPECT_THAT(parse_error("d:a\n:"), testing::HasSubstr("control characters"));
    EXPECT_THAT(parse_error("T{d:a:d:a:}"), testing::HasSubstr("two fields named 'a'"));
    EXPECT_THAT(parse_error("<>d"), testing::HasSubstr("only one byte order mark"));
    EXPECT_THAT(parse_error("(0)d"), testing::HasSubstr("at least one element"));
    EXPECT_THAT(parse_error("(2d"), testing::HasSubstr("')' is expected"));
    EXPECT_THAT(parse_error("()d"), testing::HasSubstr("number is expected"));
    EXPECT_THAT(parse_error("0d:a:"), testing::HasSubstr("no bytes"));
}

TEST(Format, HostileSizesAreRefusedWithoutOverflow) {
    EXPECT_THAT(parse_error("99999999999999999999999999d"), testing::HasSubstr("larger than any item"));
    EXPECT_THAT(parse_error("18446744073709551615s"), testing::HasSubstr("larger than any item"));
    EXPECT_THAT(parse_error("(1099511627776,1099511627776,1099511627776)d"), testing::HasSubstr("at most"));
    EXPECT_THAT(parse_error("1099511627776s1099511627776s"), testing::HasSubstr("at most"));
    EXPECT_THAT(parse_error("(1099511627776)T{d}"), testing::HasSubstr("at most"));
    EXPECT_EQ(itemsize("1099511627776s"), view_limits::max_itemsize);
}

TEST(Format, BoundsOfTextDepthFieldsAndDimensionsHold) {
    const auto repeated = [](std::string_view text, std::size_t count) {
        std::string result;
        for (std::size_t i = 0; i < count; ++i) result += text;
        return result;
    };
    const auto nested = [&](std::size_t depth) { return repeated("T{", depth) + "B" + repeated("}", depth); };
    EXPECT_EQ(itemsize(nested(view_limits::max_format_depth)), 1U);
    EXPECT_THAT(parse_error(nested(view_limits::max_format_depth + 1)), testing::HasSubstr("nested at most"));
    EXPECT_THAT(parse_error(nested(1000)), testing::HasSubstr("nested at most"));
    EXPECT_EQ(itemsize(repeated("B", view_limits::max_format_fields)), view_limits::max_format_fields);
    EXPECT_THAT(parse_error(repeated("B", view_limits::max_format_fields + 1)), testing::HasSubstr("fields"));
    EXPECT_THAT(parse_error(repeated("x", view_limits::max_format_length + 1)), testing::HasSubstr("characters"));
    const std::string dimensions = "(1" + repeated(",1", view_limits::max_ndim - 1);
    EXPECT_EQ(itemsize(dimensions + ")B"), 1U);
    EXPECT_THAT(parse_error(dimensions + ",1)B"), testing::HasSubstr("dimensions"));
    EXPECT_THAT(parse_error(dimensions + ")2B"), testing::HasSubstr("dimensions"));
}

TEST(Format, MessageEscapesWhatATerminalWouldInterpret) {
    EXPECT_THAT(parse_error("\x1b[2Jz"), testing::HasSubstr("\\x1b[2J"));
    EXPECT_LT(parse_error(std::string(4000, 'z')).size(), 600U);
}

TEST(Format, ByteFormatsAreThoseThatPythonCasts) {
    for (const char* text : {"B", "b", "c", "@B", "<b"}) EXPECT_TRUE(Format::parse(text).is_byte()) << text;
    for (const char* text : {"?", "H", "s", "2B", "T{B}"}) EXPECT_FALSE(Format::parse(text).is_byte()) << text;
}

TEST(Format, BorrowedFormatIsTheSameObjectAndOwnsNothing) {
    const Format format = Format::parse("d");
    const std::shared_ptr<const Format> borrowed = Format::borrowed(format);
    EXPECT_EQ(borrowed.get(), &format);
    EXPECT_EQ(borrowed.use_count(), 0);
}

}  // namespace
}  // namespace ringview
