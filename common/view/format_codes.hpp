#pragma once
// The scalar codes of format strings, with their sizes under each kind of order mark.

#include <array>
#include <cstddef>

#include <ringview/view/format.hpp>

namespace ringview::detail {

struct CodeInfo {
    char code;
    ElementKind kind;
    std::size_t standard_size;  // 0: the code exists under native sizes only
    std::size_t native_size;
    std::size_t native_alignment;
};

template <class T>
constexpr CodeInfo code_info(char code, ElementKind kind, std::size_t standard_size) {
    return {code, kind, standard_size, sizeof(T), alignof(T)};
}

inline constexpr std::array format_codes = {
    code_info<char>('x', ElementKind::raw, 1),
    code_info<char>('c', ElementKind::character, 1),
    code_info<char>('s', ElementKind::bytes, 1),
    code_info<char>('p', ElementKind::pascal, 1),
    code_info<signed char>('b', ElementKind::signed_integer, 1),
    code_info<unsigned char>('B', ElementKind::unsigned_integer, 1),
    code_info<bool>('?', ElementKind::boolean, 1),
    code_info<short>('h', ElementKind::signed_integer, 2),
    code_info<unsigned short>('H', ElementKind::unsigned_integer, 2),
    code_info<int>('i', ElementKind::signed_integer, 4),
    code_info<unsigned int>('I', ElementKind::unsigned_integer, 4),
    code_info<long>('l', ElementKind::signed_integer, 4),
    code_info<unsigned long>('L', ElementKind::unsigned_integer, 4),
    code_info<long long>('q', ElementKind::signed_integer, 8),
    code_info<unsigned long long>('Q', ElementKind::unsigned_integer, 8),
    code_info<std::ptrdiff_t>('n', ElementKind::signed_integer, 0),
    code_info<std::size_t>('N', ElementKind::unsigned_integer, 0),
    CodeInfo{'e', ElementKind::floating, 2, 2, 2},
    code_info<float>('f', ElementKind::floating, 4),
    code_info<double>('d', ElementKind::floating, 8),
    code_info<void*>('P', ElementKind::pointer, 0),
};

}  // namespace ringview::detail
