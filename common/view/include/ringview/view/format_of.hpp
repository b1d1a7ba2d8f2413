#pragma once
// Formats of C++ types, by Boost.Describe.
//
//   struct Quote { double bid, ask; std::uint32_t size; };
//   BOOST_DESCRIBE_STRUCT(Quote, (), (bid, ask, size))
//   format_of<Quote>() == "T{<d:bid:<d:ask:<I:size:4x}"
//
// A byte order stands at every scalar and all padding is written out, so struct sizes, NumPy's and C++'s agree. Alone,
// an arithmetic type is its native code ("d"), which CPython's own memoryview can index.
//   bool ?   char c   signed and unsigned integers b B h H i I q Q   std::byte B   float f   double d
//   enums: their underlying type      char[8] and std::array<char, 8>: 8s      other arrays: (2,3)<H
// What is put into shared memory must mean the same in another process: pointers, references, types that are not
// trivially copyable or not of standard layout, and structs with bases, private or unlisted members do not compile.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <ringview/view/format.hpp>

namespace ringview {
namespace detail {

template <class T>
struct ArrayOf {
    static constexpr bool is_array = false;
};
template <class T, std::size_t N>
struct ArrayOf<T[N]> {
    static constexpr bool is_array = true;
    static constexpr std::size_t extent = N;
    using Element = T;
};
template <class T, std::size_t N>
struct ArrayOf<std::array<T, N>> : ArrayOf<T[N]> {};
template <class T>
struct ArrayOf<std::array<T, 0>> {
    static constexpr bool is_array = false;
};

template <class T>
concept CodedScalar = std::is_same_v<T, bool> || std::is_same_v<T, std::byte> || std::is_same_v<T, char> ||
    std::is_same_v<T, signed char> || std::is_same_v<T, unsigned char> || std::is_same_v<T, short> ||
    std::is_same_v<T, unsigned short> || std::is_same_v<T, int> || std::is_same_v<T, unsigned int> ||
    std::is_same_v<T, long> || std::is_same_v<T, unsigned long> || std::is_same_v<T, long long> ||
    std::is_same_v<T, unsigned long long> || std::is_same_v<T, float> || std::is_same_v<T, double>;

template <CodedScalar T>
constexpr char code_of() {
    if constexpr (std::is_same_v<T, bool>) {
        return '?';
    } else if constexpr (std::is_same_v<T, std::byte>) {
        return 'B';
    } else if constexpr (std::is_same_v<T, char>) {
        return 'c';
    } else if constexpr (std::is_floating_point_v<T>) {
        return sizeof(T) == sizeof(float) ? 'f' : 'd';
    } else {
        constexpr char code = sizeof(T) == 1 ? 'b' : sizeof(T) == 2 ? 'h' : sizeof(T) == 4 ? 'i' : 'q';
        return std::is_signed_v<T> ? code : static_cast<char>(code - 'a' + 'A');
    }
}

template <class T>
using PublicMembers = boost::describe::describe_members<T, boost::describe::mod_public>;
template <class T>
using HiddenMembers =
    boost::describe::describe_members<T, boost::describe::mod_private | boost::describe::mod_protected>;
template <class T>
using Bases = boost::describe::describe_bases<T, boost::describe::mod_any_access>;

template <class Pointer>
struct PointedMember;
template <class Class, class Member>
struct PointedMember<Member Class::*> {
    using Type = std::remove_cv_t<Member>;
};
template <class Descriptor>
using MemberType = typename PointedMember<std::remove_const_t<decltype(Descriptor::pointer)>>::Type;

/// The size a struct has if the described members are all there are: a compiler lays them out one after the other.
template <class T>
constexpr std::size_t described_size() {
    std::size_t end = 0;
    boost::mp11::mp_for_each<PublicMembers<T>>([&]<class Descriptor>(Descriptor) {
        using Member = MemberType<Descriptor>;
        end = (end + alignof(Member) - 1) / alignof(Member) * alignof(Member) + sizeof(Member);
    });
    return (end + alignof(T) - 1) / alignof(T) * alignof(T);
}

/// First reason why T has no layout.
enum class LayoutObstacle {
    none,
    pointer,
    scalar,
    not_trivial,
    not_described,
    bases,
    hidden_members,
    missing_members,
    member,
};

template <class T>
constexpr LayoutObstacle layout_obstacle();

template <class T>
constexpr LayoutObstacle struct_obstacle() {
    if constexpr (!std::is_trivially_copyable_v<T>) {
        return LayoutObstacle::not_trivial;
    } else if constexpr (!boost::describe::has_describe_members<T>::value) {
        return LayoutObstacle::not_described;
    } else if constexpr (!boost::mp11::mp_empty<Bases<T>>::value) {
        return LayoutObstacle::bases;
    } else if constexpr (!boost::mp11::mp_empty<HiddenMembers<T>>::value || !std::is_standard_layout_v<T>) {
        return LayoutObstacle::hidden_members;
    } else if constexpr (described_size<T>() != sizeof(T) || boost::mp11::mp_empty<PublicMembers<T>>::value) {
        return LayoutObstacle::missing_members;
    } else {
        bool all = true;
        boost::mp11::mp_for_each<PublicMembers<T>>([&]<class Descriptor>(Descriptor) {
            if (layout_obstacle<MemberType<Descriptor>>() != LayoutObstacle::none) all = false;
        });
        return all ? LayoutObstacle::none : LayoutObstacle::member;
    }
}

template <class T>
constexpr LayoutObstacle layout_obstacle() {
    if constexpr (ArrayOf<T>::is_array) {
        return layout_obstacle<std::remove_cv_t<typename ArrayOf<T>::Element>>();
    } else if constexpr (std::is_pointer_v<T> || std::is_reference_v<T> || std::is_member_pointer_v<T> ||
                         std::is_null_pointer_v<T>) {
        return LayoutObstacle::pointer;
    } else if constexpr (std::is_enum_v<T> || CodedScalar<T>) {
        return LayoutObstacle::none;
    } else if constexpr (!std::is_class_v<T>) {
        return LayoutObstacle::scalar;
    } else {
        return struct_obstacle<T>();
    }
}

template <class T>
constexpr void require_layout() {
    using enum LayoutObstacle;
    constexpr LayoutObstacle obstacle = layout_obstacle<T>();
    static_assert(obstacle != pointer,
                  "ringview: pointers and references mean nothing in another process; store the value itself");
    static_assert(obstacle != scalar,
                  "ringview: this scalar type has no format code; use bool, char, an integer type, float or double");
    static_assert(obstacle != not_trivial,
                  "ringview: a type in shared memory must be trivially copyable (no std::string, std::vector or "
                  "virtual functions)");
    static_assert(
        obstacle != not_described,
        "ringview: describe this struct with BOOST_DESCRIBE_STRUCT(Name, (), (members...)) to give it a layout");
    static_assert(obstacle != bases,
                  "ringview: a struct with base classes has no layout; make the base its first member");
    static_assert(
        obstacle != hidden_members,
        "ringview: a struct with private, protected or virtual parts has no layout; make all its data members public");
    static_assert(obstacle != missing_members,
                  "ringview: list every data member in BOOST_DESCRIBE_STRUCT, in order (bit-fields and alignas on a "
                  "member are not supported)");
    static_assert(obstacle != member,
                  "ringview: a member of this struct has no layout (a pointer, an undescribed struct or the like); "
                  "format_of that member's type says why");
}

inline std::string sized(std::size_t count, const char* code) {
    return (count == 1 ? "" : std::to_string(count)) + code;
}

template <class T>
std::string item_text();

template <class T>
std::string record_text() {
    struct Member {
        std::size_t offset;
        std::size_t bytes;
        std::string text;
    };
    std::vector<Member> members;
    // Trivially copyable and of standard layout, so bytes are enough to ask members for their addresses.
    alignas(T) std::byte storage[sizeof(T)] = {};
    const T& object = *reinterpret_cast<const T*>(storage);
    boost::mp11::mp_for_each<PublicMembers<T>>([&]<class Descriptor>(Descriptor) {
        const auto* address = reinterpret_cast<const std::byte*>(&(object.*Descriptor::pointer));
        members.push_back({static_cast<std::size_t>(address - storage), sizeof(MemberType<Descriptor>),
                           item_text<MemberType<Descriptor>>() + ":" + Descriptor::name + ":"});
    });
    std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.offset < b.offset; });
    std::string text = "T{";
    std::size_t end = 0;
    for (const Member& member : members) {
        if (member.offset != end) text += sized(member.offset - end, "x");
        text += member.text;
        end = member.offset + member.bytes;
    }
    if (end != sizeof(T)) text += sized(sizeof(T) - end, "x");
    return text + "}";
}

template <class T>
std::string array_text(std::string shape) {
    using Array = ArrayOf<T>;
    using Element = std::remove_cv_t<typename Array::Element>;
    const auto open = [&] { return shape.empty() ? "" : "(" + shape + ")"; };
    if constexpr (std::is_same_v<Element, char>) {
        return open() + (std::endian::native == std::endian::little ? "<" : ">") + sized(Array::extent, "s");
    } else {
        // Appended: of a sum GCC 12 warns falsely (-Wrestrict, at -O3), in the program that includes this.
        if (!shape.empty()) shape += ",";
        shape += std::to_string(Array::extent);
        if constexpr (ArrayOf<Element>::is_array) {
            return array_text<Element>(shape);
        } else {
            return open() + item_text<Element>();
        }
    }
}

template <class T>
std::string item_text() {
    if constexpr (ArrayOf<T>::is_array) {
        return array_text<T>("");
    } else if constexpr (std::is_enum_v<T>) {
        return item_text<std::underlying_type_t<T>>();
    } else if constexpr (CodedScalar<T>) {
        return {std::endian::native == std::endian::little ? '<' : '>', code_of<T>()};
    } else {
        return record_text<T>();
    }
}

}  // namespace detail

/// Whether format_of<T>() compiles.
template <class T>
concept HasLayout = detail::layout_obstacle<std::remove_cv_t<T>>()
== detail::LayoutObstacle::none;

/// The format string of T (see the top of this file). What T cannot be is told by a static_assert.
template <class T>
std::string format_of() {
    using Plain = std::remove_cv_t<T>;
    detail::require_layout<Plain>();
    if constexpr (!HasLayout<Plain>) {
        return {};
    } else if constexpr (std::is_enum_v<Plain> || detail::CodedScalar<Plain>) {
        return detail::item_text<Plain>().substr(1);
    } else {
        return detail::item_text<Plain>();
    }
}

/// The parsed format of T: made at the first call, then the same object as long as the program lives. Throws
/// ViewError(format) where T is beyond view_limits.hpp.
template <class T>
const Format& layout_of() {
    // Never destroyed: views in other static objects may still point to it.
    static const Format& format = *new Format(Format::parse(format_of<T>()));
    return format;
}

}  // namespace ringview
