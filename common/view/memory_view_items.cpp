// Elements of views as Values.
#include <algorithm>
#include <utility>

#include <ringview/view/memory_view.hpp>

#include "item_codec.hpp"
#include "memory_view_detail.hpp"

namespace ringview {
namespace {

/// Elements from `axis` on, as lists within lists.
Value list_axis(const MemoryView& view, std::size_t axis, const std::byte* at) {
    if (axis == view.ndim()) return detail::read_item(view.format().type(), at);
    Value::List list;
    list.reserve(static_cast<std::size_t>(view.shape()[axis]));
    for (std::ptrdiff_t i = 0; i < view.shape()[axis]; ++i) {
        // Where another dimension is empty nothing is there to point to.
        const std::byte* next = view.size() == 0 ? at : at + i * view.strides()[axis];
        list.push_back(list_axis(view, axis + 1, next));
    }
    return list;
}

bool equal_axis(const MemoryView& a, const std::byte* a_at, const MemoryView& b, const std::byte* b_at,
                std::size_t axis) {
    if (axis == a.ndim()) {
        return detail::read_item(a.format().type(), a_at) == detail::read_item(b.format().type(), b_at);
    }
    for (std::ptrdiff_t i = 0; i < a.shape()[axis]; ++i) {
        if (!equal_axis(a, a_at + i * a.strides()[axis], b, b_at + i * b.strides()[axis], axis + 1)) return false;
    }
    return true;
}

}  // namespace

bool detail::equal_items(const MemoryView& a, const MemoryView& b) {
    return equal_axis(a, a.data(), b, b.data(), 0);
}

Scalar MemoryView::at(std::span<const std::ptrdiff_t> indices) const {
    return detail::read_item(format().type(), address_of(indices));
}

void MemoryView::set(std::span<const std::ptrdiff_t> indices, const Scalar& value) const {
    check_writable();
    detail::write_item(format().type(), address_of(indices), value);
}

Value MemoryView::tolist() const {
    return list_axis(*this, 0, data_);
}

Scalar ViewItem::value() const {
    if (is_element()) return view_.at();
    throw ViewError(ViewErrc::type, "this is a sub-view of shape " + detail::shape_text(view_.shape()) +
                                        ", not an element; index it further, or use view() or tolist()");
}

ViewItem& ViewItem::operator=(const Scalar& value) {
    if (!is_element()) {
        throw ViewError(ViewErrc::type, "one value cannot be assigned to a sub-view of shape " +
                                            detail::shape_text(view_.shape()) + "; assign a view of that shape");
    }
    view_.set({}, value);
    return *this;
}

ViewItem& ViewItem::operator=(const MemoryView& source) {
    view_.copy_from(source);
    return *this;
}

ViewItem& ViewItem::operator=(const ViewItem& source) {
    // An element is a value, whatever the formats; so it is in Python.
    if (is_element() && source.is_element()) return *this = source.value();
    return *this = source.view_;
}

}  // namespace ringview
