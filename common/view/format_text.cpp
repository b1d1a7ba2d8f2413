// Formats as text: canonical strings, tables, and the difference between two layouts.
#include <algorithm>

#include <ringview/view/format.hpp>

#include "format_parser.hpp"

namespace ringview {
namespace {

/// One scalar of a layout, or one sub-array of scalars; what a table shows in a line.
struct Row {
    std::size_t offset;
    std::size_t bytes;
    std::string name;  // with dots for nested records
    std::string type;

    bool operator==(const Row&) const = default;
};

std::string shape_text(const std::vector<std::ptrdiff_t>& shape) {
    if (shape.empty()) return {};
    std::string text;
    for (const std::ptrdiff_t extent : shape) text += (text.empty() ? "(" : ",") + std::to_string(extent);
    return text + ")";
}

std::string sized_code(const FormatType& type) {
    const auto by_size = [&](char one, char two, char four, char eight) {
        return type.size == 1 ? one : type.size == 2 ? two : type.size == 4 ? four : eight;
    };
    const std::string order = type.order == ByteOrder::big ? ">" : "<";
    const std::string count = type.size == 1 ? "" : std::to_string(type.size);
    switch (type.kind) {
        case ElementKind::boolean:
            return order + "?";
        case ElementKind::signed_integer:
            return order + by_size('b', 'h', 'i', 'q');
        case ElementKind::unsigned_integer:
            return order + by_size('B', 'H', 'I', 'Q');
        case ElementKind::floating:
            return order + by_size('e', 'e', 'f', 'd');
        case ElementKind::character:
            return order + "c";
        case ElementKind::bytes:
            return order + count + "s";
        case ElementKind::pascal:
            return order + count + "p";
        case ElementKind::pointer:
            return "^P";  // only there with a native size
        case ElementKind::raw:
            return count + "x";
        case ElementKind::record:
            break;
    }
    return "T";
}

std::string padding_text(std::size_t bytes) {
    if (bytes == 0) return {};
    return bytes == 1 ? "x" : std::to_string(bytes) + "x";
}

std::string canonical_text(const FormatType& type) {
    if (type.kind != ElementKind::record) return shape_text(type.sub_shape) + sized_code(type);
    std::string text = shape_text(type.sub_shape) + "T{";
    std::size_t end = 0;
    for (const FormatField& field : type.fields) {
        text += padding_text(field.offset - end) + canonical_text(field.type);
        if (!field.name.empty()) text += ":" + field.name + ":";
        end = field.offset + field.type.total_size();
    }
    return text + padding_text(type.size - end) + "}";
}

void append_rows(std::vector<Row>& rows, const FormatType& type, std::size_t offset, const std::string& name) {
    if (type.kind != ElementKind::record) {
        rows.push_back({offset, type.total_size(), name, shape_text(type.sub_shape) + sized_code(type)});
        return;
    }
    const std::string prefix = name.empty() ? "" : name + shape_text(type.sub_shape) + ".";
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
        const FormatField& field = type.fields[i];
        const std::string field_name = field.name.empty() ? "#" + std::to_string(i) : field.name;
        append_rows(rows, field.type, offset + field.offset, prefix + field_name);
    }
}

std::vector<Row> rows_of(const Format& format) {
    std::vector<Row> rows;
    append_rows(rows, format.type(), 0, format.is_record() && format.type().sub_shape.empty() ? "" : "item");
    return rows;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string aligned_right(std::size_t number, std::size_t width) {
    const std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

/// Lines of a table, one a row; the last is the item's size.
std::vector<std::string> table(const Format& format) {
    const std::vector<Row> rows = rows_of(format);
    std::size_t name_width = 4;
    for (const Row& row : rows) name_width = std::max(name_width, row.name.size());
    std::vector<std::string> lines = {"offset  bytes  " + padded("name", name_width) + "  type"};
    for (const Row& row : rows) {
        lines.push_back(aligned_right(row.offset, 6) + aligned_right(row.bytes, 7) + "  " +
                        padded(row.name, name_width) + "  " + row.type);
    }
    lines.push_back(aligned_right(format.itemsize(), 6) + "  end of item");
    return lines;
}

std::string row_in_words(const std::vector<Row>& rows, std::size_t i, const Format& format) {
    if (i >= rows.size()) return "no more fields (an item has " + std::to_string(format.itemsize()) + " bytes)";
    const Row& row = rows[i];
    return "'" + row.name + "' of type " + row.type + " (" + std::to_string(row.bytes) + " bytes) at offset " +
           std::to_string(row.offset);
}

}  // namespace

std::string Format::canonical() const {
    std::string text = canonical_text(type_);
    // CPython's own memoryview reads items of lone native codes only: `d`, not `<d`.
    if (text.size() == 2 && type_.sub_shape.empty() && !is_record()) {
        const std::string_view code = std::string_view(text).substr(1);
        if (type_ == detail::parse_format(code)) return std::string(code);
    }
    return text;
}

std::string Format::describe() const {
    std::string text = detail::quoted(text_) + "\n";
    for (const std::string& line : table(*this)) text += "  " + line + "\n";
    return text;
}

std::string describe_difference(const Format& left, const Format& right, std::string_view left_label,
                                std::string_view right_label) {
    std::vector<std::string> left_lines = table(left);
    std::vector<std::string> right_lines = table(right);
    left_lines.insert(left_lines.begin(), std::string(left_label) + " " + detail::quoted(left.text()));
    right_lines.insert(right_lines.begin(), std::string(right_label) + " " + detail::quoted(right.text()));
    std::size_t width = 0;
    for (const std::string& line : left_lines) width = std::max(width, line.size());

    const std::vector<Row> left_rows = rows_of(left);
    const std::vector<Row> right_rows = rows_of(right);
    constexpr std::size_t heading_lines = 2;
    std::string text;
    for (std::size_t i = 0; i < std::max(left_lines.size(), right_lines.size()); ++i) {
        const std::string left_line = i < left_lines.size() ? left_lines[i] : "";
        const std::string right_line = i < right_lines.size() ? right_lines[i] : "";
        // Column widths are each table's own, so rows are compared, not lines.
        const std::size_t row = i - std::min(i, heading_lines);
        const bool left_has = row < left_rows.size();
        const bool right_has = row < right_rows.size();
        const bool same =
            i < heading_lines || (left_has && right_has ? left_rows[row] == right_rows[row]
                                                        : left_has == right_has && left_line == right_line);
        text += padded(left_line, width) + (same ? "   " : " ! ") + right_line;
        text.erase(text.find_last_not_of(' ') + 1);
        text += "\n";
    }
    if (left == right) return text + "both are the same layout";

    std::size_t first = 0;
    while (first < left_rows.size() && first < right_rows.size() && left_rows[first] == right_rows[first]) ++first;
    if (first == left_rows.size() && first == right_rows.size()) {
        if (left.itemsize() == right.itemsize())
            return text + "first difference: how the fields are grouped into records";
        return text + "first difference: the size of an item, " + std::to_string(left.itemsize()) + " bytes against " +
               std::to_string(right.itemsize());
    }
    return text + "first difference: " + std::string(left_label) + " " + row_in_words(left_rows, first, left) + ", " +
           std::string(right_label) + " " + row_in_words(right_rows, first, right);
}

}  // namespace ringview
