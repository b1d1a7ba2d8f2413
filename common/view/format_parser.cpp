#include "format_parser.hpp"

#include <algorithm>
#include <optional>

#include <ringview/view/view_limits.hpp>

#include "format_codes.hpp"
#include "scalar_bytes.hpp"

namespace ringview::detail {
namespace {

using namespace view_limits;

constexpr bool is_order_mark(char c) {
    return std::string_view("@=<>!^").find(c) != std::string_view::npos;
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_blank(char c) {
    return std::string_view(" \t\n\r\v\f").find(c) != std::string_view::npos;
}
constexpr bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

class FormatParser {
 public:
    explicit FormatParser(std::string_view text) : text_(text) {}
    FormatType parse();

 private:
    struct Aligned {
        FormatType type;
        std::size_t alignment = 1;  // what @ has asked for so far
    };
    struct Item {
        std::vector<std::ptrdiff_t> shape;
        std::optional<std::size_t> count;
        Aligned element;
        bool is_padding = false;
        std::string name;
    };

    Aligned parse_items(std::size_t depth);
    Item parse_item(std::size_t depth);
    void parse_prefix(Item& item);
    void parse_element(Item& item, std::size_t depth);
    Aligned parse_scalar();
    void append(Aligned& record, std::size_t& end, Item item);
    std::string parse_name();
    std::size_t parse_number();
    std::vector<std::ptrdiff_t> parse_shape();

    bool at_end() const { return next_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[next_]; }
    bool consume(std::string_view expected) {
        if (text_.substr(next_, expected.size()) != expected) return false;
        next_ += expected.size();
        return true;
    }
    void skip_blanks() {
        while (!at_end() && is_blank(peek())) ++next_;
    }
    std::size_t checked_product(std::size_t a, std::size_t b) const;
    [[noreturn]] void fail(const std::string& what) const;

    std::string_view text_;
    std::size_t next_ = 0;
    std::size_t field_count_ = 0;
    char order_mark_ = '@';
};

void FormatParser::fail(const std::string& what) const {
    throw ViewError(ViewErrc::format,
                    "format " + quoted(text_) + ", character " + std::to_string(next_ + 1) + ": " + what);
}

std::size_t FormatParser::checked_product(std::size_t a, std::size_t b) const {
    if (b != 0 && a > max_itemsize / b) {
        fail("an item may have at most " + std::to_string(max_itemsize) + " bytes; use a shape for many items");
    }
    return a * b;
}

std::size_t FormatParser::parse_number() {
    std::size_t number = 0;
    if (!is_digit(peek())) fail("a number is expected here");
    for (; is_digit(peek()); ++next_) {
        number = number * 10 + static_cast<std::size_t>(peek() - '0');
        if (number > max_itemsize)
            fail("this number is larger than any item may be (" + std::to_string(max_itemsize) + ")");
    }
    return number;
}

std::vector<std::ptrdiff_t> FormatParser::parse_shape() {
    std::vector<std::ptrdiff_t> shape;
    do {
        skip_blanks();
        const std::size_t extent = parse_number();
        if (extent == 0) fail("a sub-array needs at least one element in each dimension");
        if (shape.size() == max_ndim) fail("a sub-array may have at most " + std::to_string(max_ndim) + " dimensions");
        shape.push_back(static_cast<std::ptrdiff_t>(extent));
        skip_blanks();
    } while (consume(","));
    if (!consume(")")) fail("')' is expected at the end of a sub-array's shape");
    return shape;
}

void FormatParser::parse_prefix(Item& item) {
    bool has_order = false;
    bool has_shape = false;
    while (true) {
        if (is_order_mark(peek())) {
            if (has_order) fail("an item takes only one byte order mark");
            has_order = true;
            order_mark_ = text_[next_++];
            skip_blanks();
        } else if (peek() == '(' && !has_shape) {
            ++next_;
            has_shape = true;
            item.shape = parse_shape();
            skip_blanks();
        } else {
            break;
        }
    }
    if (is_digit(peek())) item.count = parse_number();
}

FormatParser::Aligned FormatParser::parse_scalar() {
    const char code = peek();
    const auto info = std::find_if(format_codes.begin(), format_codes.end(),
                                   [&](const CodeInfo& known) { return known.code == code; });
    if (at_end()) fail("the format ends where a type code is expected");
    if (info == format_codes.end()) {
        fail("unknown type code " + quoted(std::string_view(&code, 1)) +
             "; expected one of x c b B ? h H i I l L q Q n N e f d s p P or T{...}");
    }
    const bool has_native_size = order_mark_ == '@' || order_mark_ == '^';
    if (!has_native_size && info->standard_size == 0) {
        fail(std::string("code '") + code + "' exists with native sizes only; write @ or ^ before it, or use q or Q");
    }
    ++next_;
    Aligned scalar;
    scalar.type.kind = info->kind;
    scalar.type.code = code;
    scalar.type.size = has_native_size ? info->native_size : info->standard_size;
    scalar.alignment = order_mark_ == '@' ? info->native_alignment : 1;
    if (scalar.type.size > 1) {
        const bool is_big = order_mark_ == '>' || order_mark_ == '!';
        scalar.type.order = is_big ? ByteOrder::big : (order_mark_ == '<' ? ByteOrder::little : native_order);
    }
    return scalar;
}

void FormatParser::parse_element(Item& item, std::size_t depth) {
    if (consume("T{")) {
        if (depth == max_format_depth)
            fail("records may be nested at most " + std::to_string(max_format_depth) + " deep");
        item.element = parse_items(depth + 1);
    } else {
        item.element = parse_scalar();
    }
    FormatType& type = item.element.type;
    const bool count_is_length =
        type.kind == ElementKind::bytes || type.kind == ElementKind::pascal || type.kind == ElementKind::raw;
    if (item.count && *item.count != 1 && !count_is_length) {
        if (item.shape.size() == max_ndim)
            fail("a sub-array may have at most " + std::to_string(max_ndim) + " dimensions");
        item.shape.push_back(static_cast<std::ptrdiff_t>(*item.count));
    }
    if (count_is_length) type.size = item.count.value_or(1);
}

std::string FormatParser::parse_name() {
    if (!consume(":")) return {};
    const std::size_t end = text_.find(':', next_);
    if (end == std::string_view::npos) fail("a field name needs a closing ':'");
    const std::string_view name = text_.substr(next_, end - next_);
    if (name.empty()) fail("a field name must not be empty; leave out '::'");
    if (std::any_of(name.begin(), name.end(), is_control)) fail("a field name must not have control characters");
    next_ = end + 1;
    return std::string(name);
}

FormatParser::Item FormatParser::parse_item(std::size_t depth) {
    Item item;
    parse_prefix(item);
    parse_element(item, depth);
    item.name = parse_name();
    item.is_padding = item.element.type.kind == ElementKind::raw && item.name.empty();
    return item;
}

void FormatParser::append(Aligned& record, std::size_t& end, Item item) {
    FormatType& type = item.element.type;
    // The order mark that holds after the item decides on its alignment: a record's own marks outlast it.
    if (order_mark_ == '@') {
        end = (end + item.element.alignment - 1) / item.element.alignment * item.element.alignment;
        record.alignment = std::max(record.alignment, item.element.alignment);
    }
    std::size_t bytes = type.size;
    for (const std::ptrdiff_t extent : item.shape) bytes = checked_product(bytes, static_cast<std::size_t>(extent));
    if (bytes > max_itemsize || end > max_itemsize - bytes) checked_product(max_itemsize, 2);
    if (bytes == 0 && !item.name.empty())
        fail("field " + detail::quoted(item.name) + " would have no bytes; leave it out");
    const bool is_field = bytes != 0 && !item.is_padding;
    if (is_field) {
        if (++field_count_ > max_format_fields) {
            fail("a format may have at most " + std::to_string(max_format_fields) + " fields; use sub-arrays");
        }
        for (const FormatField& other : record.type.fields) {
            if (!item.name.empty() && other.name == item.name)
                fail("there are two fields named " + detail::quoted(item.name));
        }
        type.sub_shape = std::move(item.shape);
        record.type.fields.push_back({std::move(item.name), end, std::move(type)});
    }
    end += bytes;
}

FormatParser::Aligned FormatParser::parse_items(std::size_t depth) {
    const bool is_nested = depth != 0;
    Aligned record;
    record.type.kind = ElementKind::record;
    record.type.code = 'T';
    std::size_t end = 0;
    for (skip_blanks(); !at_end() && peek() != '}'; skip_blanks()) append(record, end, parse_item(depth));
    if (is_nested && !consume("}")) fail("'}' is expected at the end of a record");
    if (!is_nested && !at_end()) fail("this '}' closes no record");
    if (is_nested && order_mark_ == '@') {
        end = (end + record.alignment - 1) / record.alignment * record.alignment;
    }
    if (end == 0) fail("an item must have at least one byte; an example of a format is T{<d:bid:<d:ask:}");
    record.type.size = end;
    return record;
}

FormatType FormatParser::parse() {
    if (text_.size() > max_format_length) {
        fail("the format has " + std::to_string(text_.size()) + " characters; at most " +
             std::to_string(max_format_length) + " are allowed");
    }
    FormatType record = parse_items(0).type;
    // A single unnamed item is that item, not a record of one field.
    const bool is_single = record.fields.size() == 1 && record.fields[0].name.empty() && record.fields[0].offset == 0 &&
                           record.fields[0].type.total_size() == record.size;
    if (!is_single) return record;
    FormatType item = std::move(record.fields[0].type);
    return item;
}

}  // namespace

std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 120;
    constexpr std::string_view hex = "0123456789abcdef";
    std::string result = "'";
    for (const char c : text.substr(0, longest)) {
        if (is_control(c) || c == '\'' || c == '\\' || (static_cast<unsigned char>(c) & 0x80) != 0) {
            const auto byte = static_cast<unsigned char>(c);
            result += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
        } else {
            result += c;
        }
    }
    return result + (text.size() > longest ? "...'" : "'");
}

FormatType parse_format(std::string_view text) {
    return FormatParser(text).parse();
}

}  // namespace ringview::detail
