#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <ringview/view/memory_view.hpp>

namespace ringview {
namespace {

using Bound = std::optional<std::ptrdiff_t>;
using Shape = std::vector<std::ptrdiff_t>;

/// What a view of a counted array shows, kept as plain element numbers in C order.
struct Model {
    Shape shape;
    std::vector<std::uint16_t> elements;
};

/// The indices of range(length)[start:stop:step], found by walking the whole range.
std::vector<std::ptrdiff_t> sliced(std::ptrdiff_t length, Bound start, Bound stop, std::ptrdiff_t step) {
    const auto from_end = [&](std::ptrdiff_t bound) { return bound < 0 ? bound + length : bound; };
    std::ptrdiff_t first = step > 0 ? 0 : length - 1;
    if (start)
        first = step > 0 ? std::max<std::ptrdiff_t>(from_end(*start), 0) : std::min(from_end(*start), length - 1);
    std::vector<std::ptrdiff_t> indices;
    for (std::ptrdiff_t i = first; i >= 0 && i < length; i += step) {
        if (stop && (step > 0 ? i >= from_end(*stop) : i <= from_end(*stop))) break;
        indices.push_back(i);
    }
    return indices;
}

Model with_indices(const Model& model, std::size_t axis, const std::vector<std::ptrdiff_t>& indices) {
    std::ptrdiff_t inner = 1;
    std::ptrdiff_t outer = 1;
    for (std::size_t i = 0; i < model.shape.size(); ++i) {
        if (i < axis) outer *= model.shape[i];
        if (i > axis) inner *= model.shape[i];
    }
    Model result{model.shape, {}};
    result.shape[axis] = static_cast<std::ptrdiff_t>(indices.size());
    for (std::ptrdiff_t o = 0; o < outer; ++o) {
        for (const std::ptrdiff_t index : indices) {
            const auto start = model.elements.begin() + (o * model.shape[axis] + index) * inner;
            result.elements.insert(result.elements.end(), start, start + inner);
        }
    }
    return result;
}

Bound any_bound(std::ptrdiff_t length) {
    if (*rc::gen::inRange(0, 4) == 0) return {};
    return *rc::gen::inRange<std::ptrdiff_t>(-length - 3, length + 4);
}

std::ptrdiff_t any_step() {
    const auto size = *rc::gen::inRange<std::ptrdiff_t>(1, 5);
    return *rc::gen::arbitrary<bool>() ? size : -size;
}

struct Sliced {
    MemoryView view;
    Model model;
};

Sliced slice_at_random(Sliced at) {
    const auto axis = *rc::gen::inRange<std::size_t>(0, at.model.shape.size());
    const std::ptrdiff_t length = at.model.shape[axis];
    const Bound start = any_bound(length);
    const Bound stop = any_bound(length);
    const std::ptrdiff_t step = any_step();
    at.model = with_indices(at.model, axis, sliced(length, start, stop, step));
    at.view = at.view.slice(axis, start, stop, step);
    return at;
}

std::vector<std::uint16_t> elements_of(const MemoryView& view) {
    const std::vector<std::byte> bytes = view.tobytes();
    std::vector<std::uint16_t> elements(bytes.size() / sizeof(std::uint16_t));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(elements.data()));
    return elements;
}

void flatten(const Value& value, std::vector<std::uint16_t>& elements) {
    if (const auto* list = std::get_if<Value::List>(&value.variant())) {
        for (const Value& element : *list) flatten(element, elements);
    } else {
        elements.push_back(static_cast<std::uint16_t>(value.as_int()));
    }
}

/// A counted array of 1 to 4 dimensions, in memory of exactly its size.
class Counted {
 public:
    Counted() {
        Shape shape =
            *rc::gen::container<Shape>(*rc::gen::inRange<std::size_t>(1, 5), rc::gen::inRange<std::ptrdiff_t>(0, 5));
        std::ptrdiff_t count = 1;
        for (const std::ptrdiff_t extent : shape) count *= extent;
        memory_.resize(static_cast<std::size_t>(count));
        std::iota(memory_.begin(), memory_.end(), std::uint16_t{0});
        whole_ = {MemoryView::of(std::span(memory_), shape), {std::move(shape), memory_}};
    }
    const Sliced& whole() const { return whole_; }
    std::vector<std::uint16_t>& memory() { return memory_; }

 private:
    std::vector<std::uint16_t> memory_;
    Sliced whole_;
};

RC_GTEST_PROP(MemoryViewProperty, SlicesOfSlicesShowWhatPythonWouldShow, ()) {
    const Counted counted;
    Sliced at = counted.whole();
    for (int slices = *rc::gen::inRange(1, 5); slices > 0; --slices) at = slice_at_random(at);
    RC_ASSERT(Shape(at.view.shape().begin(), at.view.shape().end()) == at.model.shape);
    RC_ASSERT(elements_of(at.view) == at.model.elements);
    std::vector<std::uint16_t> listed;
    flatten(at.view.tolist(), listed);
    RC_ASSERT(listed == at.model.elements);
}

RC_GTEST_PROP(MemoryViewProperty, SelectIsASliceOfOneWithoutItsAxis, ()) {
    const Counted counted;
    const Sliced at = slice_at_random(counted.whole());
    const auto axis = *rc::gen::inRange<std::size_t>(0, at.model.shape.size());
    if (at.model.shape[axis] == 0) {
        RC_ASSERT_THROWS_AS(at.view.select(axis, 0), ViewError);
        return;
    }
    const auto index = *rc::gen::inRange<std::ptrdiff_t>(-at.model.shape[axis], at.model.shape[axis]);
    const MemoryView selected = at.view.select(axis, index);
    const std::ptrdiff_t counted_index = index < 0 ? index + at.model.shape[axis] : index;
    RC_ASSERT(selected.ndim() + 1 == at.view.ndim());
    RC_ASSERT(elements_of(selected) == with_indices(at.model, axis, {counted_index}).elements);
}

RC_GTEST_PROP(MemoryViewProperty, OverlappingCopiesAreAsThroughATemporary, ()) {
    Counted counted;
    const auto length = static_cast<std::ptrdiff_t>(counted.memory().size());
    const MemoryView all = MemoryView::of(counted.memory());
    const MemoryView target = all.slice(0, any_bound(length), any_bound(length), any_step());
    const MemoryView source = all.slice(0, any_bound(length), any_bound(length), any_step());
    const std::ptrdiff_t common = std::min(target.length(), source.length());
    const std::vector<std::uint16_t> expected = elements_of(source.slice(0, 0, common));
    target.slice(0, 0, common).copy_from(source.slice(0, 0, common));
    RC_ASSERT(elements_of(target.slice(0, 0, common)) == expected);
}

RC_GTEST_PROP(MemoryViewProperty, EqualityIsThatOfTheElements, ()) {
    Counted counted;
    const Sliced at = slice_at_random(counted.whole());
    const MemoryView copy = MemoryView::of(at.model.elements, at.view.shape());
    RC_ASSERT(at.view == copy);
    if (at.model.elements.empty()) return;
    const auto changed = *rc::gen::inRange<std::size_t>(0, counted.memory().size());
    const bool is_seen = std::count(at.model.elements.begin(), at.model.elements.end(), changed) != 0;
    counted.memory()[changed] = 9999;
    RC_ASSERT((at.view == copy) == !is_seen);
}

}  // namespace
}  // namespace ringview
