// Making views, their attributes, and the checks of as().
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <ringview/view/memory_view.hpp>

#include "memory_view_detail.hpp"

namespace ringview {
namespace {

[[noreturn]] void too_large() {
    throw ViewError(ViewErrc::value, "a view's shape and strides reach further than memory does; give a smaller shape");
}

}  // namespace

namespace detail {

std::string shape_text(std::span<const std::ptrdiff_t> shape) {
    std::string text;
    for (const std::ptrdiff_t extent : shape) text += (text.empty() ? "(" : ", ") + std::to_string(extent);
    return (text.empty() ? "(" : text) + ")";
}

void no_span(std::ptrdiff_t stride, std::size_t itemsize) {
    throw ViewError(ViewErrc::contiguity, "a span needs elements without gaps, but they are " + std::to_string(stride) +
                                              " bytes apart and have " + std::to_string(itemsize) +
                                              "; iterate over the view, or copy it first");
}

}  // namespace detail

MemoryView::MemoryView() noexcept
    : data_(nullptr),
      format_(Format::borrowed(Format::bytes())),
      shape_(1, 0),
      strides_(1, 1),
      access_(ViewAccess::read_only) {}

MemoryView::MemoryView(void* data, std::shared_ptr<const Format> format, std::span<const std::ptrdiff_t> shape,
                       std::span<const std::ptrdiff_t> strides, ViewAccess access)
    : data_(static_cast<std::byte*>(data)), format_(std::move(format)), access_(access) {
    if (!format_) throw ViewError(ViewErrc::value, "a view needs a format; Format::shared(\"B\") is one for bytes");
    if (shape.size() > view_limits::max_ndim) {
        throw ViewError(ViewErrc::value, "a view may have at most " + std::to_string(view_limits::max_ndim) +
                                             " dimensions, not " + std::to_string(shape.size()));
    }
    if (!strides.empty() && strides.size() != shape.size()) {
        throw ViewError(ViewErrc::value, "a view of " + std::to_string(shape.size()) + " dimensions was given " +
                                             std::to_string(strides.size()) + " strides; give one each, or none");
    }
    shape_.assign(shape.begin(), shape.end());
    strides_.resize(shape.size());
    check_extents();
    if (strides.empty()) {
        set_c_strides();
    } else {
        std::copy(strides.begin(), strides.end(), strides_.begin());
    }
    check_reach();
}

MemoryView::MemoryView(const void* data, std::shared_ptr<const Format> format, std::span<const std::ptrdiff_t> shape,
                       std::span<const std::ptrdiff_t> strides)
    : MemoryView(const_cast<void*>(data), std::move(format), shape, strides, ViewAccess::read_only) {}

void MemoryView::check_extents() const {
    // Also where a dimension is zero: the strides of the others must be sound.
    auto bytes = static_cast<std::ptrdiff_t>(itemsize());
    for (const std::ptrdiff_t extent : shape_) {
        if (extent < 0) {
            throw ViewError(ViewErrc::value, "the shape " + detail::shape_text(shape_) + " has a negative dimension");
        }
        if (__builtin_mul_overflow(bytes, std::max<std::ptrdiff_t>(extent, 1), &bytes)) too_large();
    }
}

void MemoryView::check_reach() const {
    std::ptrdiff_t lowest = 0;
    std::ptrdiff_t highest = static_cast<std::ptrdiff_t>(itemsize());
    for (std::size_t axis = 0; axis < ndim(); ++axis) {
        std::ptrdiff_t reach = 0;
        if (__builtin_mul_overflow(strides_[axis], std::max<std::ptrdiff_t>(shape_[axis] - 1, 0), &reach)) too_large();
        std::ptrdiff_t& end = reach < 0 ? lowest : highest;
        if (__builtin_add_overflow(end, reach, &end)) too_large();
    }
    std::ptrdiff_t span = 0;
    if (__builtin_sub_overflow(highest, lowest, &span)) too_large();
    if (data_ == nullptr && size() != 0) {
        throw ViewError(ViewErrc::value, "a view of " + std::to_string(nbytes()) + " bytes was given a null pointer");
    }
}

MemoryView MemoryView::of_memory(const void* data, std::size_t bytes, std::shared_ptr<const Format> format,
                                 std::span<const std::ptrdiff_t> shape, ViewAccess access) {
    MemoryView view(const_cast<void*>(data), std::move(format), shape, {}, access);
    if (view.nbytes() == bytes) return view;
    throw ViewError(ViewErrc::value, "the shape " + detail::shape_text(shape) + " of items of " +
                                         std::to_string(view.itemsize()) + " bytes needs " +
                                         std::to_string(view.nbytes()) + " bytes, but there are " +
                                         std::to_string(bytes));
}

std::ptrdiff_t MemoryView::whole_items(std::size_t bytes, const Format& format) {
    if (bytes % format.itemsize() == 0) return static_cast<std::ptrdiff_t>(bytes / format.itemsize());
    throw ViewError(ViewErrc::value, std::to_string(bytes) + " bytes are no whole number of items of " +
                                         std::to_string(format.itemsize()) + " bytes; take a part of them");
}

std::size_t MemoryView::size() const noexcept {
    std::size_t count = 1;
    for (const std::ptrdiff_t extent : shape_) count *= static_cast<std::size_t>(extent);
    return count;
}

std::ptrdiff_t MemoryView::length() const {
    if (ndim() == 0) throw ViewError(ViewErrc::type, "a view without dimensions has no length; use size()");
    return shape_[0];
}

bool MemoryView::is_contiguous(ItemOrder order) const noexcept {
    // CPython's rules: one dimension of length 0 counts by its stride, several with a 0 among them always do.
    if (ndim() == 1) return shape_[0] == 1 || strides_[0] == static_cast<std::ptrdiff_t>(itemsize());
    if (size() == 0) return true;
    auto expected = static_cast<std::ptrdiff_t>(itemsize());
    for (std::size_t i = 0; i < ndim(); ++i) {
        const std::size_t axis = order == ItemOrder::f ? i : ndim() - 1 - i;
        if (shape_[axis] > 1 && strides_[axis] != expected) return false;
        expected *= shape_[axis];
    }
    return true;
}

bool MemoryView::c_contiguous() const noexcept {
    return is_contiguous(ItemOrder::c);
}
bool MemoryView::f_contiguous() const noexcept {
    return is_contiguous(ItemOrder::f);
}

void MemoryView::check_writable() const {
    if (!readonly()) return;
    throw ViewError(ViewErrc::readonly,
                    "this view is readonly (a consumer's always is); write to a copy, see tobytes()");
}

std::byte* MemoryView::mutable_data() const {
    check_writable();
    return data_;
}

std::span<const std::byte> MemoryView::bytes() const {
    if (contiguous()) return {data_, nbytes()};
    throw ViewError(ViewErrc::contiguity,
                    "the bytes of a view that is not contiguous have gaps; copy them with tobytes()");
}

std::span<std::byte> MemoryView::mutable_bytes() const {
    check_writable();
    const std::span<const std::byte> all = bytes();
    return {data_, all.size()};
}

MemoryView MemoryView::to_readonly() const {
    MemoryView view = *this;
    view.access_ = ViewAccess::read_only;
    return view;
}

MemoryView MemoryView::transposed() const {
    MemoryView view = *this;
    std::reverse(view.shape_.begin(), view.shape_.end());
    std::reverse(view.strides_.begin(), view.strides_.end());
    return view;
}

void MemoryView::check_typed(const Format& wanted, std::size_t wanted_ndim, std::size_t alignment,
                             ViewAccess access) const {
    if (access == ViewAccess::read_write && readonly()) {
        throw ViewError(ViewErrc::readonly, "this view is readonly; use as<const T, N>()");
    }
    if (format() != wanted) {
        throw ViewError(ViewErrc::format, "the view has another layout than the type asked for:\n" +
                                              describe_difference(format(), wanted, "the view has", "you asked for"));
    }
    if (wanted_ndim != ndim()) {
        throw ViewError(ViewErrc::type, "the view has " + std::to_string(ndim()) + " dimensions, shape " +
                                            detail::shape_text(shape_) + ", not " + std::to_string(wanted_ndim));
    }
    if (size() == 0) return;
    bool is_aligned = reinterpret_cast<std::uintptr_t>(data_) % alignment == 0;
    for (std::size_t axis = 0; axis < ndim(); ++axis) {
        if (shape_[axis] > 1 && strides_[axis] % static_cast<std::ptrdiff_t>(alignment) != 0) is_aligned = false;
    }
    if (is_aligned) return;
    throw ViewError(ViewErrc::contiguity,
                    "the elements are not aligned to " + std::to_string(alignment) +
                        " bytes, as the type asked for must be; read them with at(), or copy the view");
}

}  // namespace ringview
