#pragma once

#include <array>
#include <cassert>
#include <compare>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <type_traits>

#include <ringview/view/view_error.hpp>

namespace ringview {

namespace detail {
[[noreturn]] void no_span(std::ptrdiff_t stride, std::size_t itemsize);
}

/// An N-dimensional array of T in memory that belongs to somebody else: MemoryView::as<T, N>() makes one after checking
/// format, dimensions and alignment. Indices are not checked (asserted in debug builds) and must not be negative.
/// With const T nothing can be assigned through it. Like a pointer: cheap to copy, and it owns nothing.
template <class T, std::size_t N>
class TypedView {
 public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;

    /// Strides in bytes. Every element must be there, and aligned.
    TypedView(T* data, const std::array<std::ptrdiff_t, N>& shape,
              const std::array<std::ptrdiff_t, N>& strides) noexcept
        : data_(data), shape_(shape), strides_(strides) {}

    operator TypedView<const T, N>() const noexcept requires(!std::is_const_v<T>) { return {data_, shape_, strides_}; }

    T* data() const noexcept { return data_; }
    std::ptrdiff_t shape(std::size_t axis) const noexcept { return shape_[axis]; }
    const std::array<std::ptrdiff_t, N>& shape() const noexcept { return shape_; }
    const std::array<std::ptrdiff_t, N>& strides() const noexcept { return strides_; }
    std::size_t size() const noexcept {
        std::size_t count = 1;
        for (const std::ptrdiff_t extent : shape_) count *= static_cast<std::size_t>(extent);
        return count;
    }
    bool empty() const noexcept { return size() == 0; }

    template <std::integral... Index>
    requires(sizeof...(Index) == N) T& operator()(Index... indices) const noexcept {
        std::ptrdiff_t offset = 0;
        [[maybe_unused]] std::size_t axis = 0;
        ((offset += step(axis++, static_cast<std::ptrdiff_t>(indices))), ...);
        return *moved(offset);
    }

    /// The element of a 1-D view, else the row: the view without the first dimension.
    decltype(auto) operator[](std::ptrdiff_t index) const noexcept requires(N > 0) {
        if constexpr (N == 1) {
            return static_cast<T&>(*moved(step(0, index)));
        } else {
            std::array<std::ptrdiff_t, N - 1> row_shape;
            std::array<std::ptrdiff_t, N - 1> row_strides;
            for (std::size_t axis = 1; axis < N; ++axis) {
                row_shape[axis - 1] = shape_[axis];
                row_strides[axis - 1] = strides_[axis];
            }
            return TypedView<T, N - 1>(moved(step(0, index)), row_shape, row_strides);
        }
    }

    /// The elements of a 1-D view without gaps. Throws ViewError(contiguity) where there are gaps.
    std::span<T> span() const requires(N == 1) {
        if (shape_[0] > 1 && strides_[0] != static_cast<std::ptrdiff_t>(sizeof(T)))
            detail::no_span(strides_[0], sizeof(T));
        return {data_, static_cast<std::size_t>(shape_[0])};
    }

    class Iterator;
    Iterator begin() const noexcept requires(N == 1) { return Iterator(*this, 0); }
    Iterator end() const noexcept requires(N == 1) { return Iterator(*this, shape_[0]); }

 private:
    using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;

    std::ptrdiff_t step(std::size_t axis, std::ptrdiff_t index) const noexcept {
        assert(index >= 0 && index < shape_[axis] && "index out of bounds");
        return index * strides_[axis];
    }
    T* moved(std::ptrdiff_t bytes) const noexcept {
        return reinterpret_cast<T*>(reinterpret_cast<Byte*>(data_) + bytes);
    }

    T* data_;
    std::array<std::ptrdiff_t, N> shape_;
    std::array<std::ptrdiff_t, N> strides_;
};

/// Random access over a 1-D view. It keeps an index, not an address: past the end of a strided view is no address.
template <class T, std::size_t N>
class TypedView<T, N>::Iterator {
 public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = std::remove_cv_t<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = T*;
    using reference = T&;

    Iterator() noexcept = default;
    Iterator(const TypedView& view, std::ptrdiff_t index) noexcept
        : data_(view.data_), stride_(view.strides_[0]), index_(index) {}

    T& operator*() const noexcept { return *address(index_); }
    T* operator->() const noexcept { return address(index_); }
    T& operator[](std::ptrdiff_t n) const noexcept { return *address(index_ + n); }

    Iterator& operator+=(std::ptrdiff_t n) noexcept {
        index_ += n;
        return *this;
    }
    Iterator& operator-=(std::ptrdiff_t n) noexcept { return *this += -n; }
    Iterator& operator++() noexcept { return *this += 1; }
    Iterator& operator--() noexcept { return *this += -1; }
    Iterator operator++(int) noexcept {
        Iterator before = *this;
        ++*this;
        return before;
    }
    Iterator operator--(int) noexcept {
        Iterator before = *this;
        --*this;
        return before;
    }
    friend Iterator operator+(Iterator it, std::ptrdiff_t n) noexcept { return it += n; }
    friend Iterator operator+(std::ptrdiff_t n, Iterator it) noexcept { return it += n; }
    friend Iterator operator-(Iterator it, std::ptrdiff_t n) noexcept { return it -= n; }
    friend std::ptrdiff_t operator-(const Iterator& a, const Iterator& b) noexcept { return a.index_ - b.index_; }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.index_ == b.index_; }
    friend std::strong_ordering operator<=>(const Iterator& a, const Iterator& b) noexcept {
        return a.index_ <=> b.index_;
    }

 private:
    T* address(std::ptrdiff_t index) const noexcept {
        return reinterpret_cast<T*>(reinterpret_cast<Byte*>(data_) + index * stride_);
    }

    T* data_ = nullptr;
    std::ptrdiff_t stride_ = 0;
    std::ptrdiff_t index_ = 0;
};

}  // namespace ringview
