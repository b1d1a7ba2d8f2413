// Where elements and sub-views lie: indices and slices.
#include <algorithm>
#include <cstdint>
#include <string>

#include <ringview/view/memory_view.hpp>

namespace ringview {
namespace {

/// How many indices start, start + step, ... lie before `stop`.
std::ptrdiff_t count_steps(std::ptrdiff_t start, std::ptrdiff_t stop, std::ptrdiff_t step) noexcept {
    if (step < 0) return stop < start ? (start - stop - 1) / -step + 1 : 0;
    return start < stop ? (stop - start - 1) / step + 1 : 0;
}

/// A slice's bound, counted from the end if negative and kept within what `step` can reach.
std::ptrdiff_t clamped(std::ptrdiff_t bound, std::ptrdiff_t length, std::ptrdiff_t step) noexcept {
    if (bound < 0) {
        bound += length;
        return bound >= 0 ? bound : (step < 0 ? -1 : 0);
    }
    return bound < length ? bound : (step < 0 ? length - 1 : length);
}

}  // namespace

void MemoryView::check_axis(std::size_t axis) const {
    if (axis < ndim()) return;
    throw ViewError(ViewErrc::index, "there is no axis " + std::to_string(axis) + ": this view has " +
                                         std::to_string(ndim()) + " dimensions, counted from 0");
}

std::ptrdiff_t MemoryView::checked_index(std::size_t axis, std::ptrdiff_t index) const {
    const std::ptrdiff_t extent = shape_[axis];
    const std::ptrdiff_t counted = index < 0 ? index + extent : index;
    if (counted >= 0 && counted < extent) return counted;
    throw ViewError(ViewErrc::index, "index " + std::to_string(index) + " is out of bounds on axis " +
                                         std::to_string(axis) + ", which has " + std::to_string(extent) + " elements");
}

std::byte* MemoryView::address_of(std::span<const std::ptrdiff_t> indices) const {
    if (indices.size() != ndim()) {
        throw ViewError(ViewErrc::index, "an element of this view has " + std::to_string(ndim()) + " indices, not " +
                                             std::to_string(indices.size()) + "; v[i] and slice() give sub-views");
    }
    std::byte* address = data_;
    for (std::size_t axis = 0; axis < ndim(); ++axis) address += checked_index(axis, indices[axis]) * strides_[axis];
    return address;
}

ViewItem MemoryView::operator[](std::ptrdiff_t index) const {
    if (ndim() == 0) {
        throw ViewError(ViewErrc::type,
                        "a view without dimensions cannot be indexed; at() without indices is its element");
    }
    return ViewItem(select(0, index));
}

MemoryView MemoryView::select(std::size_t axis, std::ptrdiff_t index) const {
    check_axis(axis);
    const std::ptrdiff_t counted = checked_index(axis, index);
    MemoryView view = *this;
    // With another dimension empty there is no memory to move within.
    if (size() != 0) view.data_ += counted * strides_[axis];
    view.shape_.erase(view.shape_.begin() + static_cast<std::ptrdiff_t>(axis));
    view.strides_.erase(view.strides_.begin() + static_cast<std::ptrdiff_t>(axis));
    return view;
}

MemoryView MemoryView::slice(std::size_t axis, std::optional<std::ptrdiff_t> start, std::optional<std::ptrdiff_t> stop,
                             std::optional<std::ptrdiff_t> step) const {
    check_axis(axis);
    // -PTRDIFF_MIN does not exist; CPython takes the next one too.
    const std::ptrdiff_t by = std::max(step.value_or(1), -PTRDIFF_MAX);
    if (by == 0) throw ViewError(ViewErrc::value, "a slice's step must not be 0; leave it out for every element");
    const std::ptrdiff_t length = shape_[axis];
    const std::ptrdiff_t first = clamped(start.value_or(by < 0 ? PTRDIFF_MAX : 0), length, by);
    const std::ptrdiff_t last = clamped(stop.value_or(by < 0 ? PTRDIFF_MIN : PTRDIFF_MAX), length, by);

    MemoryView view = *this;
    view.shape_[axis] = count_steps(first, last, by);
    // Fewer than two elements never use the stride, so it may be whatever an overflowing step leaves.
    if (__builtin_mul_overflow(strides_[axis], by, &view.strides_[axis])) view.strides_[axis] = strides_[axis];
    if (view.size() != 0) view.data_ += first * strides_[axis];
    return view;
}

}  // namespace ringview
