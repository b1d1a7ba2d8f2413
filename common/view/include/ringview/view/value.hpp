#pragma once

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <ringview/view/view_error.hpp>

namespace ringview {

/// What an element of a view is once it has left the view, as in Python: a bool, an integer, a float, bytes (codes c,
/// s, p and named x), a record (named values in order), or a list (a sub-array, or a dimension in tolist()).
/// A value type: it shares no memory with the view.
class Value {
 public:
    using List = std::vector<Value>;
    /// Field names, empty where unnamed, and as many values.
    struct Record {
        std::vector<std::string> names;
        std::vector<Value> values;
    };
    using Variant = std::variant<bool, std::int64_t, std::uint64_t, double, std::string, List, Record>;

    Value();  // false
    Value(const Value&);
    Value(Value&&) noexcept;
    Value& operator=(const Value&);
    Value& operator=(Value&&) noexcept;
    ~Value();

    Value(bool value);
    Value(char value);  // bytes of length 1
    Value(double value);
    Value(const char* bytes);
    Value(std::string_view bytes);
    Value(std::string bytes);
    Value(List list);
    Value(Record record);
    template <std::integral T>
    Value(T value) : Value(from_integer(value)) {}
    template <class T>
    Value(T*) = delete;  // a pointer would become a bool

    const Variant& variant() const noexcept;

    // Each throws ViewError(type) where the value is of another kind, ViewError(value) where it does not fit.
    bool as_bool() const;
    std::int64_t as_int() const;        // of a bool or an integer
    std::uint64_t as_unsigned() const;  // of a bool or an integer
    double as_double() const;           // of a bool, an integer or a float
    const std::string& as_bytes() const;
    const List& as_list() const;
    const Record& as_record() const;

    /// Elements of a list, fields of a record.
    std::size_t size() const;
    const Value& operator[](std::size_t index) const;
    const Value& operator[](std::string_view field) const;

    /// As in Python: numbers by value whatever their types (True == 1 == 1.0, NaN differs from itself), bytes from
    /// numbers always different, lists and records element by element, records also by their names.
    friend bool operator==(const Value& a, const Value& b);

    /// As a Python literal: True, 1, 1.5, b'ab\x00', [1, 2], {'bid': 1.5}; a record without names is a tuple.
    std::string text() const;

 private:
    struct Integer {
        Variant variant;
    };
    explicit Value(Integer integer);
    template <std::integral T>
    static Integer from_integer(T value) {
        if constexpr (std::signed_integral<T>) {
            return Integer{static_cast<std::int64_t>(value)};
        } else {
            return Integer{static_cast<std::uint64_t>(value)};
        }
    }

    Variant variant_;
};

/// An element read from a view or to be written to it.
using Scalar = Value;

std::ostream& operator<<(std::ostream& out, const Value& value);

}  // namespace ringview
