#pragma once

#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>
#include <ringview/view/format.hpp>
#include <ringview/view/format_of.hpp>
#include <ringview/view/typed_view.hpp>
#include <ringview/view/value.hpp>
#include <ringview/view/view_error.hpp>
#include <ringview/view/view_limits.hpp>

namespace ringview {

class ViewItem;

/// The order in which tobytes() puts the elements of several dimensions.
enum class ItemOrder {
    c,    ///< last index fastest
    f,    ///< first index fastest
    any,  ///< f if the view is f_contiguous, else c
};

enum class ViewAccess : bool { read_only, read_write };

/// Contiguous memory that a view may refer to: an lvalue, or a span.
template <class Range>
concept BorrowedRange = std::ranges::borrowed_range<Range> && requires(Range&& range) {
    std::span(range);
};
template <class Range>
concept ByteRange = std::is_same_v<std::remove_cv_t<std::ranges::range_value_t<Range>>, std::byte>;

/// A view of memory that belongs to somebody else, with the semantics of Python's memoryview: a format, a shape and
/// strides (bytes from one element to the next along each dimension, negative ones included) over a pointer.
///
/// Copying a view copies this description, not the memory; the memory must outlive all its views. Like a pointer it
/// gives the same access whether itself const or not. Threads may share a view as they may share the memory.
/// Up to view_limits::inline_ndim dimensions, making, slicing, indexing and typing a view allocates nothing; Values of
/// bytes, lists and records, tobytes, hash, parsing a format, and copies between overlapping views do.
///
/// There are no suboffsets. What CPython answers with NotImplementedError works here: items of any format, views and
/// slices of several dimensions. Records compare by value.
class MemoryView {
 public:
    using Extents = boost::container::small_vector<std::ptrdiff_t, view_limits::inline_ndim>;

    /// A readonly view of no bytes.
    MemoryView() noexcept;

    /// A view of `data` (of what `data` is, with strides, the first element). Without strides: C-contiguous.
    /// Throws ViewError(value) where the shape is negative, has too many dimensions, or its bytes overflow.
    /// That the memory is there is for the caller to know; of() and of_bytes() check it.
    MemoryView(void* data, std::shared_ptr<const Format> format, std::span<const std::ptrdiff_t> shape,
               std::span<const std::ptrdiff_t> strides = {}, ViewAccess access = ViewAccess::read_write);
    MemoryView(const void* data, std::shared_ptr<const Format> format, std::span<const std::ptrdiff_t> shape,
               std::span<const std::ptrdiff_t> strides = {});

    /// For hot paths: a C-contiguous view that checks, allocates and counts nothing. The caller has checked the shape
    /// (at most inline_ndim dimensions, none negative, its bytes within PTRDIFF_MAX) and keeps `format` alive as long
    /// as this view and all that are made from it.
    static MemoryView borrowed(void* data, const Format& format, std::span<const std::ptrdiff_t> shape,
                               ViewAccess access) noexcept;

    /// A 1-D view of a span, vector, array or other contiguous range; readonly where its elements are const. Its format
    /// is layout_of their type. Temporaries other than spans do not compile: a view keeps nothing alive.
    template <BorrowedRange Range>
    static MemoryView of(Range&& elements) {
        const auto length = static_cast<std::ptrdiff_t>(std::span(elements).size());
        return of(elements, std::span(&length, 1));
    }
    /// With a shape of as many elements. Throws ViewError(value) otherwise.
    template <BorrowedRange Range>
    static MemoryView of(Range&& elements, std::span<const std::ptrdiff_t> shape) {
        const std::span span(elements);
        using Element = typename decltype(span)::element_type;
        const Format& format = layout_of<std::remove_const_t<Element>>();
        return of_memory(span.data(), span.size_bytes(), Format::borrowed(format), shape, access_to<Element>);
    }
    template <BorrowedRange Range>
    static MemoryView of(Range&& elements, std::initializer_list<std::ptrdiff_t> shape) {
        return of(elements, std::span(shape.begin(), shape.size()));
    }

    /// Bytes (a range of std::byte) as items of a format: 1-D, or of a shape of exactly as many bytes. Throws
    /// ViewError(value) where the bytes are no whole number of items, or of another size than the shape's.
    template <BorrowedRange Range>
    requires ByteRange<Range>
    static MemoryView of_bytes(Range&& bytes,
                               const std::shared_ptr<const Format>& format = Format::borrowed(Format::bytes())) {
        const std::span span(bytes);
        const std::ptrdiff_t length = whole_items(span.size(), *format);
        return of_memory(span.data(), span.size(), format, std::span(&length, 1),
                         access_to<typename decltype(span)::element_type>);
    }
    template <BorrowedRange Range>
    requires ByteRange<Range>
    static MemoryView of_bytes(Range&& bytes, const std::shared_ptr<const Format>& format,
                               std::span<const std::ptrdiff_t> shape) {
        const std::span span(bytes);
        return of_memory(span.data(), span.size(), format, shape, access_to<typename decltype(span)::element_type>);
    }

    const Format& format() const noexcept { return *format_; }
    const std::shared_ptr<const Format>& shared_format() const noexcept { return format_; }
    std::size_t itemsize() const noexcept { return format_->itemsize(); }
    std::size_t ndim() const noexcept { return shape_.size(); }
    std::span<const std::ptrdiff_t> shape() const noexcept { return {shape_.data(), shape_.size()}; }
    /// In bytes. Where a dimension has fewer than two elements its stride means nothing.
    std::span<const std::ptrdiff_t> strides() const noexcept { return {strides_.data(), strides_.size()}; }
    /// Elements in all: the product of the shape, 1 without dimensions.
    std::size_t size() const noexcept;
    /// Bytes of all elements, without what lies between them.
    std::size_t nbytes() const noexcept { return size() * itemsize(); }
    /// Python's len(): the first dimension. Throws ViewError(type) without dimensions.
    std::ptrdiff_t length() const;
    bool readonly() const noexcept { return access_ == ViewAccess::read_only; }
    bool c_contiguous() const noexcept;
    bool f_contiguous() const noexcept;
    bool contiguous() const noexcept { return c_contiguous() || f_contiguous(); }

    /// The first element's memory (index 0 in each dimension).
    const std::byte* data() const noexcept { return data_; }
    /// Throws ViewError(readonly).
    std::byte* mutable_data() const;
    /// All memory of a contiguous view. Throws ViewError(contiguity), mutable_bytes() also (readonly).
    std::span<const std::byte> bytes() const;
    std::span<std::byte> mutable_bytes() const;

    /// The element of a 1-D view, else the sub-view without the first dimension: ViewItem stands for either, converts
    /// to either (Scalar or MemoryView) and can be indexed or assigned to. Negative indices count from the end.
    /// Throws ViewError(index), or (type) without dimensions.
    ViewItem operator[](std::ptrdiff_t index) const;

    /// The element at one index a dimension. Throws ViewError(index) where one is out of bounds or their number wrong.
    Scalar at(std::span<const std::ptrdiff_t> indices) const;
    Scalar at(std::initializer_list<std::ptrdiff_t> indices) const {
        return at(std::span(indices.begin(), indices.size()));
    }
    template <std::integral... Index>
    Scalar at(Index... indices) const {
        return at({static_cast<std::ptrdiff_t>(indices)...});
    }
    /// Writes one element, converting as Python does: integers and `e` out of range are refused, `f` becomes infinite,
    /// too long bytes are cut off.
    /// Throws ViewError (index, readonly, type, value) and has then changed nothing.
    void set(std::span<const std::ptrdiff_t> indices, const Scalar& value) const;
    void set(std::initializer_list<std::ptrdiff_t> indices, const Scalar& value) const {
        set(std::span(indices.begin(), indices.size()), value);
    }

    /// Python's v[start:stop:step] in one dimension, with its rules for omitted, negative and excessive bounds.
    /// Throws ViewError(index) where there is no such axis, (value) for step 0.
    MemoryView slice(std::size_t axis, std::optional<std::ptrdiff_t> start = {},
                     std::optional<std::ptrdiff_t> stop = {}, std::optional<std::ptrdiff_t> step = {}) const;
    /// One index of one dimension, which goes away.
    MemoryView select(std::size_t axis, std::ptrdiff_t index) const;
    MemoryView to_readonly() const;

    /// Copies the elements of `source`, as Python's v[:] = source; the two may overlap. Throws ViewError(readonly),
    /// (format) where the layouts, (value) where the shapes differ.
    void copy_from(const MemoryView& source) const;

    /// The same memory with another format or shape, by Python's rules: C-contiguous views only; one of the two formats
    /// is a byte format (B, b, c); from one dimension to any number or back to one; no views without elements, except
    /// from one dimension without a shape. Where Python wants a native single code the other format may be any.
    /// Throws ViewError(type), (value), (contiguity).
    MemoryView cast(std::string_view format) const { return cast(Format::shared(format)); }
    MemoryView cast(std::string_view format, std::initializer_list<std::ptrdiff_t> shape) const {
        return cast(Format::shared(format), std::span(shape.begin(), shape.size()));
    }
    MemoryView cast(std::shared_ptr<const Format> format) const;
    MemoryView cast(std::shared_ptr<const Format> format, std::span<const std::ptrdiff_t> shape) const;

    std::vector<std::byte> tobytes(ItemOrder order = ItemOrder::c) const;
    /// Lists within lists, one level a dimension; the element itself without dimensions.
    Value tolist() const;
    /// Equal shapes and equal elements, by value whatever the formats. Memory is not compared where values can be
    /// equal without it: 0.0 == -0.0, and NaN differs from itself.
    friend bool operator==(const MemoryView& a, const MemoryView& b);
    /// Equal for views with equal bytes; std::hash of them as a string_view. Throws ViewError(value) unless readonly
    /// and of format B, b or c, as Python does.
    std::size_t hash() const;

    /// The view with T's layout as N-dimensional array of T, checked once: format, dimensions, alignment, and that T
    /// is const if the view is readonly. Throws ViewError (format, type, contiguity, readonly).
    template <class T, std::size_t N>
    TypedView<T, N> as() const {
        check_typed(layout_of<std::remove_const_t<T>>(), N, alignof(T), access_to<T>);
        std::array<std::ptrdiff_t, N> typed_shape;
        std::array<std::ptrdiff_t, N> typed_strides;
        for (std::size_t axis = 0; axis < N; ++axis) {
            typed_shape[axis] = shape_[axis];
            typed_strides[axis] = strides_[axis];
        }
        return TypedView<T, N>(reinterpret_cast<T*>(data_), typed_shape, typed_strides);
    }

 private:
    template <class T>
    static constexpr ViewAccess access_to = std::is_const_v<T> ? ViewAccess::read_only : ViewAccess::read_write;

    struct Unchecked {};
    MemoryView(Unchecked, std::byte* data, std::shared_ptr<const Format> format, std::span<const std::ptrdiff_t> shape,
               ViewAccess access) noexcept;

    static MemoryView of_memory(const void* data, std::size_t bytes, std::shared_ptr<const Format> format,
                                std::span<const std::ptrdiff_t> shape, ViewAccess access);
    static std::ptrdiff_t whole_items(std::size_t bytes, const Format& format);
    void set_c_strides() noexcept;
    void check_extents() const;
    void check_reach() const;
    void check_typed(const Format& wanted, std::size_t ndim, std::size_t alignment, ViewAccess access) const;
    void check_writable() const;
    void check_cast(const Format* to, std::size_t to_ndim, bool may_be_empty) const;
    void check_axis(std::size_t axis) const;
    std::ptrdiff_t checked_index(std::size_t axis, std::ptrdiff_t index) const;
    std::byte* address_of(std::span<const std::ptrdiff_t> indices) const;
    bool is_contiguous(ItemOrder order) const noexcept;
    MemoryView transposed() const;

    std::byte* data_;
    std::shared_ptr<const Format> format_;
    Extents shape_;
    Extents strides_;
    ViewAccess access_;
};

// Inline for the sake of hot paths: a view costs a few nanoseconds so, and some ten through a call.

inline MemoryView::MemoryView(Unchecked, std::byte* data, std::shared_ptr<const Format> format,
                              std::span<const std::ptrdiff_t> shape, ViewAccess access) noexcept
    : data_(data),
      format_(std::move(format)),
      shape_(shape.begin(), shape.end()),
      strides_(shape.size()),
      access_(access) {
    set_c_strides();
}

inline MemoryView MemoryView::borrowed(void* data, const Format& format, std::span<const std::ptrdiff_t> shape,
                                       ViewAccess access) noexcept {
    assert(shape.size() <= view_limits::inline_ndim);
    return MemoryView(Unchecked{}, static_cast<std::byte*>(data), Format::borrowed(format), shape, access);
}

inline void MemoryView::set_c_strides() noexcept {
    auto stride = static_cast<std::ptrdiff_t>(itemsize());
    for (std::size_t axis = ndim(); axis-- > 0;) {
        strides_[axis] = stride;
        stride *= shape_[axis];
    }
}

/// What v[i] is: an element if v has one dimension, a sub-view otherwise. It refers to the view's memory; assigning to
/// it writes there.
class ViewItem {
 public:
    explicit ViewItem(MemoryView view) : view_(std::move(view)) {}
    ViewItem(const ViewItem&) = default;

    bool is_element() const noexcept { return view_.ndim() == 0; }
    /// The element. Throws ViewError(type) where this is a sub-view.
    Scalar value() const;
    /// The sub-view; of an element the view without dimensions.
    const MemoryView& view() const noexcept { return view_; }
    operator Scalar() const { return value(); }
    operator MemoryView() const { return view_; }

    ViewItem operator[](std::ptrdiff_t index) const { return view_[index]; }

    /// Writes the element. Throws as MemoryView::set, and ViewError(type) where this is a sub-view.
    ViewItem& operator=(const Scalar& value);
    /// Writes all elements. Throws as MemoryView::copy_from.
    ViewItem& operator=(const MemoryView& source);
    /// Writes what `source` stands for; it does not refer to something else afterwards.
    ViewItem& operator=(const ViewItem& source);

    friend bool operator==(const ViewItem& item, const Scalar& value) { return item.value() == value; }
    friend bool operator==(const ViewItem& item, const MemoryView& view) { return item.view_ == view; }
    friend bool operator==(const ViewItem& a, const ViewItem& b) { return a.view_ == b.view_; }

 private:
    MemoryView view_;
};

}  // namespace ringview
