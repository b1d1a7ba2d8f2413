#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>
#include <ringview/view/value.hpp>

#include "view_error_matcher.hpp"

namespace ringview {
namespace {

TEST(Value, NumbersCompareByValueAcrossTypes) {
    EXPECT_EQ(Value(true), Value(1));
    EXPECT_EQ(Value(1), Value(1.0));
    EXPECT_EQ(Value(std::uint64_t{7}), Value(7));
    EXPECT_NE(Value(std::numeric_limits<std::uint64_t>::max()), Value(-1));
    EXPECT_NE(Value(std::nan("")), Value(std::nan("")));
    EXPECT_EQ(Value(0.0), Value(-0.0));
}

TEST(Value, IntegersAreNotRoundedToCompareWithFloats) {
    const std::int64_t odd = (std::int64_t{1} << 53) + 1;
    EXPECT_NE(Value(odd), Value(0x1p53));
    EXPECT_NE(Value(std::numeric_limits<std::int64_t>::max()), Value(0x1p63));
    EXPECT_NE(Value(std::numeric_limits<std::uint64_t>::max()), Value(0x1p64));
    EXPECT_EQ(Value(std::numeric_limits<std::int64_t>::min()), Value(-0x1p63));
    EXPECT_NE(Value(1), Value(1.5));
    EXPECT_NE(Value(1), Value(std::numeric_limits<double>::infinity()));
}

TEST(Value, BytesAndNumbersDiffer) {
    EXPECT_NE(Value('a'), Value(97));
    EXPECT_EQ(Value('a'), Value("a"));
}

TEST(Value, RecordsCompareNamesAndValues) {
    const Value record(Value::Record{{"a", "b"}, {1, 2.0}});
    EXPECT_EQ(record, Value(Value::Record{{"a", "b"}, {1.0, 2}}));
    EXPECT_NE(record, Value(Value::Record{{"a", "c"}, {1, 2}}));
    EXPECT_NE(record, Value(Value::List{1, 2}));
}

TEST(Value, TextIsAPythonLiteral) {
    EXPECT_EQ(Value(true).text(), "True");
    EXPECT_EQ(Value(2.0).text(), "2.0");
    EXPECT_EQ(Value(1e300).text(), "1e+300");
    EXPECT_EQ(Value(std::string("a'\\\0\xff", 5)).text(), "b'a\\x27\\x5c\\x00\\xff'");
    EXPECT_EQ(Value(Value::List{1, Value::List{}}).text(), "[1, []]");
    EXPECT_EQ(Value(Value::Record{{"a", "it's"}, {1, 2}}).text(), "{'a': 1, 'it\\'s': 2}");
    EXPECT_EQ(Value(Value::Record{{""}, {1}}).text(), "(1,)");
}

TEST(Value, AccessorsConvertWhatFitsAndRefuseTheRest) {
    EXPECT_EQ(Value(std::uint64_t{5}).as_int(), 5);
    EXPECT_EQ(Value(5).as_double(), 5.0);
    EXPECT_EQ(kind_of([] { (void)Value(-1).as_unsigned(); }), ViewErrc::value);
    EXPECT_EQ(kind_of([] { (void)Value(std::numeric_limits<std::uint64_t>::max()).as_int(); }), ViewErrc::value);
    EXPECT_EQ(kind_of([] { (void)Value(1.5).as_int(); }), ViewErrc::type);
    EXPECT_EQ(kind_of([] { (void)Value("a").as_double(); }), ViewErrc::type);
    EXPECT_EQ(kind_of([] { (void)Value(1).as_bool(); }), ViewErrc::type);
}

TEST(Value, RecordsAndListsAreIndexedByNumberAndRecordsByName) {
    const Value record(Value::Record{{"a", "b"}, {1, Value::List{2, 3}}});
    EXPECT_EQ(record["b"][1], 3);
    EXPECT_EQ(record[0], 1);
    EXPECT_EQ(kind_of([&] { (void)record["c"]; }), ViewErrc::index);
    EXPECT_EQ(kind_of([&] { (void)record[2]; }), ViewErrc::index);
    EXPECT_EQ(kind_of([&] { (void)record[0][0]; }), ViewErrc::type);
}

TEST(Value, RecordNeedsANamePerValue) {
    EXPECT_EQ(kind_of([] { Value(Value::Record{{"a"}, {1, 2}}); }), ViewErrc::value);
}

}  // namespace
}  // namespace ringview
