#include <charconv>
#include <cmath>
#include <limits>
#include <ostream>
#include <utility>

#include <ringview/view/value.hpp>

namespace ringview {
namespace {

constexpr std::string_view kind_names[] = {"a bool", "an integer", "an integer", "a float",
                                           "bytes",  "a list",     "a record"};

[[noreturn]] void wrong_kind(const Value& value, std::string_view wanted) {
    throw ViewError(ViewErrc::type, "this value is " + std::string(kind_names[value.variant().index()]) + ", " +
                                        std::string(wanted) + " was asked for");
}

template <class T>
const T& get(const Value& value, std::string_view wanted) {
    if (const T* found = std::get_if<T>(&value.variant())) return *found;
    wrong_kind(value, wanted);
}

template <class T>
T to_integer(const Value& value) {
    return std::visit(
        [&](const auto& held) -> T {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, bool>) {
                return static_cast<T>(held ? 1 : 0);
            } else if constexpr (std::is_integral_v<Held>) {
                if (std::in_range<T>(held)) return static_cast<T>(held);
                throw ViewError(ViewErrc::value, "the integer " + std::to_string(held) + " does not fit into 64 bits " +
                                                     (std::is_signed_v<T> ? "with sign" : "without sign"));
            } else {
                wrong_kind(value, "an integer");
            }
        },
        value.variant());
}

/// Exact, as in Python: no rounding of the integer to a double.
template <class T>
bool equal_number(T integer, double real) {
    // Both limits are powers of two, so exact as doubles; below them the conversion back is defined.
    constexpr double lowest = static_cast<double>(std::numeric_limits<T>::min());
    constexpr double beyond = std::is_signed_v<T> ? 0x1p63 : 0x1p64;
    return real >= lowest && real < beyond && std::trunc(real) == real && static_cast<T>(real) == integer;
}

struct Equal {
    bool operator()(const std::string& a, const std::string& b) const { return a == b; }
    bool operator()(const Value::List& a, const Value::List& b) const { return a == b; }
    bool operator()(const Value::Record& a, const Value::Record& b) const {
        return a.names == b.names && a.values == b.values;
    }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
        if constexpr (!std::is_arithmetic_v<A> || !std::is_arithmetic_v<B>) {
            return false;
        } else if constexpr (std::is_same_v<A, bool>) {
            return (*this)(std::int64_t{a}, b);
        } else if constexpr (std::is_same_v<B, bool>) {
            return (*this)(a, std::int64_t{b});
        } else if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
            return std::cmp_equal(a, b);
        } else if constexpr (std::is_integral_v<A>) {
            return equal_number(a, b);
        } else if constexpr (std::is_integral_v<B>) {
            return equal_number(b, a);
        } else {
            return a == b;
        }
    }
};

std::string bytes_text(std::string_view bytes) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string text = "b'";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f || c == '\'' || c == '\\') {
            text += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
        } else {
            text += c;
        }
    }
    return text + "'";
}

std::string name_text(std::string_view name) {
    std::string text = "'";
    for (const char c : name) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

std::string double_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    std::string text(buffer, end);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string joined(const std::vector<Value>& values, const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i != 0) text += ", ";
        if (!names.empty()) text += name_text(names[i].empty() ? "#" + std::to_string(i) : names[i]) + ": ";
        text += values[i].text();
    }
    return text;
}

struct Text {
    std::string operator()(bool value) const { return value ? "True" : "False"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return double_text(value); }
    std::string operator()(const std::string& bytes) const { return bytes_text(bytes); }
    std::string operator()(const Value::List& list) const { return "[" + joined(list, {}) + "]"; }
    std::string operator()(const Value::Record& record) const {
        for (const std::string& name : record.names) {
            if (!name.empty()) return "{" + joined(record.values, record.names) + "}";
        }
        return "(" + joined(record.values, {}) + (record.values.size() == 1 ? ",)" : ")");
    }
};

}  // namespace

Value::Value() = default;
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

Value::Value(bool value) : variant_(value) {}
Value::Value(char value) : variant_(std::string(1, value)) {}
Value::Value(double value) : variant_(value) {}
Value::Value(const char* bytes) : variant_(std::string(bytes)) {}
Value::Value(std::string_view bytes) : variant_(std::string(bytes)) {}
Value::Value(std::string bytes) : variant_(std::move(bytes)) {}
Value::Value(List list) : variant_(std::move(list)) {}
Value::Value(Record record) : variant_(std::move(record)) {
    const Record& held = std::get<Record>(variant_);
    if (held.names.size() == held.values.size()) return;
    throw ViewError(ViewErrc::value, "a record of " + std::to_string(held.values.size()) + " values was given " +
                                         std::to_string(held.names.size()) + " names; give one each, empty if unnamed");
}
Value::Value(Integer integer) : variant_(std::move(integer.variant)) {}

const Value::Variant& Value::variant() const noexcept {
    return variant_;
}

bool Value::as_bool() const {
    return get<bool>(*this, "a bool");
}
std::int64_t Value::as_int() const {
    return to_integer<std::int64_t>(*this);
}
std::uint64_t Value::as_unsigned() const {
    return to_integer<std::uint64_t>(*this);
}

double Value::as_double() const {
    return std::visit(
        [&](const auto& held) -> double {
            if constexpr (std::is_arithmetic_v<std::decay_t<decltype(held)>>) {
                return static_cast<double>(held);
            } else {
                wrong_kind(*this, "a number");
            }
        },
        variant_);
}

const std::string& Value::as_bytes() const {
    return get<std::string>(*this, "bytes");
}
const Value::List& Value::as_list() const {
    return get<List>(*this, "a list");
}
const Value::Record& Value::as_record() const {
    return get<Record>(*this, "a record");
}

std::size_t Value::size() const {
    if (const Record* record = std::get_if<Record>(&variant_)) return record->values.size();
    return get<List>(*this, "a list or record").size();
}

const Value& Value::operator[](std::size_t index) const {
    if (index >= size()) {
        throw ViewError(ViewErrc::index, "index " + std::to_string(index) + " is out of bounds: this value has " +
                                             std::to_string(size()) + " elements");
    }
    if (const Record* record = std::get_if<Record>(&variant_)) return record->values[index];
    return std::get<List>(variant_)[index];
}

const Value& Value::operator[](std::string_view field) const {
    const Record& record = as_record();
    std::string known;
    for (std::size_t i = 0; i < record.names.size(); ++i) {
        if (record.names[i] == field) return record.values[i];
        known += " " + record.names[i];
    }
    throw ViewError(ViewErrc::index, "there is no field '" + std::string(field) + "'; this record has:" + known);
}

bool operator==(const Value& a, const Value& b) {
    return std::visit(Equal{}, a.variant_, b.variant_);
}

std::string Value::text() const {
    return std::visit(Text{}, variant_);
}

std::ostream& operator<<(std::ostream& out, const Value& value) {
    return out << value.text();
}

}  // namespace ringview
