#pragma once
// Scalars from and to bytes at any address and in either order.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include <ringview/view/format.hpp>

namespace ringview::detail {

inline constexpr ByteOrder native_order =
    std::endian::native == std::endian::little ? ByteOrder::little : ByteOrder::big;

template <class T>
T load(const std::byte* at, ByteOrder order) noexcept {
    std::byte bytes[sizeof(T)];
    std::memcpy(bytes, at, sizeof(T));
    if (order != ByteOrder::none && order != native_order) std::reverse(bytes, bytes + sizeof(T));
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

template <class T>
void store(std::byte* at, ByteOrder order, T value) noexcept {
    std::byte bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    if (order != ByteOrder::none && order != native_order) std::reverse(bytes, bytes + sizeof(T));
    std::memcpy(at, bytes, sizeof(T));
}

}  // namespace ringview::detail
