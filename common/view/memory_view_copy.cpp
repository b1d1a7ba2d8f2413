// What moves or compares whole views: copying, tobytes, cast, hash.
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include <ringview/view/memory_view.hpp>

#include "memory_view_detail.hpp"

namespace ringview {
namespace {

/// Where two views of one shape and format lie.
struct CopyPlan {
    std::span<const std::ptrdiff_t> shape;
    std::span<const std::ptrdiff_t> to_strides;
    std::span<const std::ptrdiff_t> from_strides;
    std::size_t itemsize;

    bool is_row_contiguous(std::size_t axis) const {
        const auto stride = static_cast<std::ptrdiff_t>(itemsize);
        return axis + 1 == shape.size() && to_strides[axis] == stride && from_strides[axis] == stride;
    }
};

/// Elements from `axis` on. There is at least one element.
void copy_axis(const CopyPlan& plan, std::size_t axis, std::byte* to, const std::byte* from) {
    if (axis == plan.shape.size()) {
        std::memcpy(to, from, plan.itemsize);
        return;
    }
    if (plan.is_row_contiguous(axis)) {
        std::memcpy(to, from, plan.itemsize * static_cast<std::size_t>(plan.shape[axis]));
        return;
    }
    for (std::ptrdiff_t i = 0; i < plan.shape[axis]; ++i) {
        copy_axis(plan, axis + 1, to + i * plan.to_strides[axis], from + i * plan.from_strides[axis]);
    }
}

void copy_disjoint(const MemoryView& to, std::byte* to_data, const MemoryView& from) {
    if (to.size() == 0) return;
    const CopyPlan plan{to.shape(), to.strides(), from.strides(), to.itemsize()};
    copy_axis(plan, 0, to_data, from.data());
}

/// First and one past the last byte that elements of a view touch.
std::pair<std::uintptr_t, std::uintptr_t> touched_bytes(const MemoryView& view) {
    const auto start = reinterpret_cast<std::uintptr_t>(view.data());
    std::pair<std::uintptr_t, std::uintptr_t> range = {start, start + view.itemsize()};
    for (std::size_t axis = 0; axis < view.ndim(); ++axis) {
        const std::ptrdiff_t reach = view.strides()[axis] * (view.shape()[axis] - 1);
        (reach < 0 ? range.first : range.second) += static_cast<std::uintptr_t>(reach);
    }
    return range;
}

bool may_overlap(const MemoryView& a, const MemoryView& b) {
    const auto [a_begin, a_end] = touched_bytes(a);
    const auto [b_begin, b_end] = touched_bytes(b);
    return a_begin < b_end && b_begin < a_end;
}

/// CPython's rule: where both are empty at some dimension, the ones after it do not matter.
bool equal_shapes(const MemoryView& a, const MemoryView& b) {
    if (a.ndim() != b.ndim()) return false;
    for (std::size_t axis = 0; axis < a.ndim(); ++axis) {
        if (a.shape()[axis] != b.shape()[axis]) return false;
        if (a.shape()[axis] == 0) return true;
    }
    return true;
}

void check_same_structure(const MemoryView& to, const MemoryView& from) {
    if (to.format() != from.format()) {
        throw ViewError(ViewErrc::format, "elements can be copied between views of one layout only:\n" +
                                              describe_difference(from.format(), to.format(), "source", "destination"));
    }
    if (!equal_shapes(to, from)) {
        throw ViewError(ViewErrc::value, "a view of shape " + detail::shape_text(from.shape()) +
                                             " cannot be copied to one of shape " + detail::shape_text(to.shape()) +
                                             "; slice the larger one");
    }
}

}  // namespace

void MemoryView::copy_from(const MemoryView& source) const {
    check_writable();
    check_same_structure(*this, source);
    if (size() == 0) return;
    if (c_contiguous() && source.c_contiguous()) {
        std::memmove(data_, source.data_, nbytes());
    } else if (may_overlap(*this, source)) {
        const std::vector<std::byte> elements = source.tobytes();
        copy_disjoint(*this, data_, MemoryView(elements.data(), format_, shape_));
    } else {
        copy_disjoint(*this, data_, source);
    }
}

std::vector<std::byte> MemoryView::tobytes(ItemOrder order) const {
    const bool first_index_fastest = order == ItemOrder::f || (order == ItemOrder::any && f_contiguous());
    if (first_index_fastest && ndim() > 1) return transposed().tobytes(ItemOrder::c);
    std::vector<std::byte> bytes(nbytes());
    if (bytes.empty()) return bytes;
    if (c_contiguous()) {
        std::memcpy(bytes.data(), data_, bytes.size());
    } else {
        copy_disjoint(MemoryView(bytes.data(), format_, shape_), bytes.data(), *this);
    }
    return bytes;
}

MemoryView MemoryView::cast(std::shared_ptr<const Format> format) const {
    check_cast(format.get(), 1, ndim() == 1);
    const auto items = static_cast<std::ptrdiff_t>(nbytes() / format->itemsize());
    return of_memory(data_, nbytes(), std::move(format), std::span(&items, 1), access_);
}

MemoryView MemoryView::cast(std::shared_ptr<const Format> format, std::span<const std::ptrdiff_t> shape) const {
    check_cast(format.get(), shape.size(), false);
    return of_memory(data_, nbytes(), std::move(format), shape, access_);
}

void MemoryView::check_cast(const Format* to, std::size_t to_ndim, bool may_be_empty) const {
    if (to == nullptr) throw ViewError(ViewErrc::value, "cast needs a format; \"B\" is the one for bytes");
    if (!c_contiguous()) {
        throw ViewError(ViewErrc::contiguity, "only a C-contiguous view can be cast; copy it with tobytes() first");
    }
    if (size() == 0 && !may_be_empty) {
        throw ViewError(ViewErrc::type, "a view without elements can only be cast from one dimension, without a shape");
    }
    if (ndim() != 1 && to_ndim != 1) {
        throw ViewError(ViewErrc::type, "a cast goes from one dimension to several or back, not from " +
                                            std::to_string(ndim()) + " to " + std::to_string(to_ndim) +
                                            "; cast to one dimension first");
    }
    if (!format().is_byte() && !to->is_byte()) {
        throw ViewError(ViewErrc::type, "a cast needs a byte format (B, b or c) on one side, not " + format().text() +
                                            " and " + to->text() + "; cast to B first");
    }
    if (nbytes() % to->itemsize() != 0) {
        throw ViewError(ViewErrc::type, std::to_string(nbytes()) + " bytes are no whole number of items of " +
                                            std::to_string(to->itemsize()) + " bytes; slice the view first");
    }
}

std::size_t MemoryView::hash() const {
    if (!readonly()) {
        throw ViewError(ViewErrc::value, "a writable view has no hash, as it may change; use to_readonly()");
    }
    if (!format().is_byte()) {
        throw ViewError(ViewErrc::value,
                        "only views of format B, b or c have a hash, not " + format().text() + "; cast to B first");
    }
    const std::vector<std::byte> bytes = tobytes();
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool operator==(const MemoryView& a, const MemoryView& b) {
    if (!equal_shapes(a, b)) return false;
    if (a.size() == 0) return true;
    const bool bytes_decide = a.format().is_bitwise_comparable() && a.format() == b.format();
    if (bytes_decide && a.c_contiguous() && b.c_contiguous()) return std::memcmp(a.data_, b.data_, a.nbytes()) == 0;
    return detail::equal_items(a, b);
}

}  // namespace ringview
