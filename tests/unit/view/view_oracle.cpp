// Answers a Python script (oracle.py) line by line about what this room makes of formats and views. Fields of a line
// are separated by tabs; memory is hexadecimal; a shape is "2,3", "-" without dimensions, "*" for one dimension.
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <ringview/view/memory_view.hpp>

namespace ringview {
namespace {

using Fields = std::vector<std::string>;

Fields split(const std::string& text, char separator) {
    Fields fields;
    std::string field;
    std::istringstream in(text);
    while (std::getline(in, field, separator)) fields.push_back(field);
    return fields;
}

std::vector<std::byte> from_hex(const std::string& hex) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::string to_hex(std::span<const std::byte> bytes) {
    constexpr const char* digits = "0123456789abcdef";
    std::string hex;
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        hex += digits[value >> 4];
        hex += digits[value & 15];
    }
    return hex;
}

std::vector<std::ptrdiff_t> to_shape(const std::string& text) {
    std::vector<std::ptrdiff_t> shape;
    if (text == "-") return shape;
    for (const std::string& extent : split(text, ',')) shape.push_back(std::stoll(extent));
    return shape;
}

MemoryView to_view(std::span<std::byte> bytes, const std::string& format, const std::string& shape) {
    if (shape == "*") return MemoryView::of_bytes(bytes, Format::shared(format));
    return MemoryView::of_bytes(bytes, Format::shared(format), to_shape(shape));
}

std::optional<std::ptrdiff_t> to_bound(const std::string& text) {
    if (text == "None") return {};
    return std::stoll(text);
}

/// "axis:start:stop:step" slices, "axis:index" selects.
MemoryView stepped(MemoryView view, const std::string& steps) {
    for (const std::string& text : split(steps, ';')) {
        const Fields step = split(text, ':');
        const auto axis = static_cast<std::size_t>(std::stoul(step.at(0)));
        view = step.size() == 2 ? view.select(axis, std::stoll(step[1]))
                                : view.slice(axis, to_bound(step.at(1)), to_bound(step.at(2)), to_bound(step.at(3)));
    }
    return view;
}

std::string extents_text(std::span<const std::ptrdiff_t> extents) {
    std::string text = "[";
    for (const std::ptrdiff_t extent : extents) text += std::to_string(extent) + ",";
    return text + "]";
}

std::string shown(const MemoryView& view) {
    const auto flag = [](bool value) { return value ? "True" : "False"; };
    return "{'shape':" + extents_text(view.shape()) + ",'strides':" + extents_text(view.strides()) +
           ",'c':" + flag(view.c_contiguous()) + ",'f':" + flag(view.f_contiguous()) +
           ",'list':" + view.tolist().text() + ",'bytes':'" + to_hex(view.tobytes()) + "','fortran':'" +
           to_hex(view.tobytes(ItemOrder::f)) + "'}";
}

void append_leaves(const FormatType& type, std::size_t offset, std::string& text) {
    if (type.fields.empty()) {
        text +=
            "(" + std::to_string(offset) + "," + std::to_string(type.size) + "," + extents_text(type.sub_shape) + "),";
    }
    for (const FormatField& field : type.fields) append_leaves(field.type, offset + field.offset, text);
}

std::string answer_format(const Fields& line) {
    const Format format = Format::parse(line.at(1));
    std::string leaves;
    append_leaves(format.type(), 0, leaves);
    return "{'itemsize':" + std::to_string(format.itemsize()) + ",'canonical':\"" + format.canonical() +
           "\",'leaves':[" + leaves + "]}";
}

std::string answer_view(const Fields& line) {
    std::vector<std::byte> bytes = from_hex(line.at(2));
    const MemoryView view = to_view(bytes, line.at(1), line.at(3));
    return shown(stepped(view, line.size() > 4 ? line[4] : ""));
}

std::string answer_cast(const Fields& line) {
    std::vector<std::byte> bytes = from_hex(line.at(2));
    const MemoryView view = to_view(bytes, line.at(1), line.at(3));
    return shown(line.at(5) == "*" ? view.cast(line.at(4)) : view.cast(Format::shared(line.at(4)), to_shape(line[5])));
}

std::string answer_equal(const Fields& line) {
    std::vector<std::byte> a = from_hex(line.at(2));
    std::vector<std::byte> b = from_hex(line.at(5));
    return to_view(a, line.at(1), line.at(3)) == to_view(b, line.at(4), line.at(6)) ? "True" : "False";
}

Value to_value(const std::string& text) {
    const std::string rest = text.substr(1);
    if (text.at(0) == 'i') return rest[0] == '-' ? Value(std::stoll(rest)) : Value(std::stoull(rest));
    if (text.at(0) == 'f') return std::stod(rest);
    if (text.at(0) == '?') return rest == "True";
    const std::vector<std::byte> bytes = from_hex(rest);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string answer_set(const Fields& line) {
    const auto format = Format::shared(line.at(1));
    std::vector<std::byte> bytes(format->itemsize());
    MemoryView::of_bytes(bytes, format).set({0}, to_value(line.at(2)));
    return "'" + to_hex(bytes) + "'";
}

std::string answer(const std::string& text) {
    const std::map<std::string, std::function<std::string(const Fields&)>> answers = {{"format", answer_format},
                                                                                      {"view", answer_view},
                                                                                      {"cast", answer_cast},
                                                                                      {"equal", answer_equal},
                                                                                      {"set", answer_set}};
    try {
        const Fields line = split(text, '\t');
        return answers.at(line.at(0))(line);
    } catch (const ViewError& error) {
        return "!" + std::string(to_string(error.kind())) + " " + error.what();
    }
}

}  // namespace
}  // namespace ringview

int main() {
    try {
        for (std::string line; std::getline(std::cin, line);) std::cout << ringview::answer(line) << "\n";
    } catch (const std::exception& error) {
        std::cerr << "view_oracle: " << error.what() << "\n";
        return 1;
    }
}
