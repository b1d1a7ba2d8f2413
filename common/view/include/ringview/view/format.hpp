#pragma once
// Format strings as in PEP 3118: the codes of Python's struct module, byte order, repeat counts, sub-arrays, records.
//
//   item   := [order] [shape] [order] [count] code [name]          at most one order mark
//   order  := @ native sizes and alignment (the default)   = native order   < little   > and ! big   ^ native,
//   unaligned shape  := '(' n {',' n} ')'        a sub-array code   := one of  x c b B ? h H i I l L q Q n N e f d s p
//   P  or  'T{' item {item} '}'  (a record) name   := ':' text ':'
//
// Sizes: under @ and ^ those of this machine's C compiler, else the standard sizes (l and L have 4 bytes there; n, N
// and P do not exist). An order mark holds until the next one, also past the end of a record (NumPy reads it so).
// A count before s, p and x is a length; before any other code it is one more, last dimension. A count of 0 aligns what
// follows, as in struct, and is no field. Blanks between items mean nothing.
//
// Where struct and NumPy differ: a bare list of items is what struct makes of it, so `dI` has 12 bytes (NumPy says
// 16); a record in T{} is a C struct as in NumPy, padded at its end while @ holds, so `T{dI}` has 16. Write explicit
// byte orders and padding, as format_of<T>() and canonical() do, and all of them agree.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ringview/view/view_error.hpp>

namespace ringview {

enum class ElementKind : std::uint8_t {
    boolean,           ///< ?
    signed_integer,    ///< b h i l q n
    unsigned_integer,  ///< B H I L Q N
    floating,          ///< e f d
    character,         ///< c: one byte, as a bytes object of length 1
    bytes,             ///< s: a fixed number of bytes
    pascal,            ///< p: a length byte, then as many bytes
    pointer,           ///< P
    raw,               ///< x with a name: bytes without meaning
    record,            ///< T{}
};

enum class ByteOrder : std::uint8_t {
    none,  ///< single bytes, and records as such
    little,
    big,
};

struct FormatField;

/// What one item or field is: a scalar or record of `size` bytes, repeated over `sub_shape`.
/// `l` and `q` of one size are one kind; they differ only in `code`, which comparison ignores.
struct FormatType {
    ElementKind kind = ElementKind::unsigned_integer;
    char code = 'B';  ///< as written; 'T' for a record
    ByteOrder order = ByteOrder::none;
    std::size_t size = 1;                   ///< bytes of one element, at least 1
    std::vector<std::ptrdiff_t> sub_shape;  ///< empty: a single element; each extent is at least 1
    std::vector<FormatField> fields;        ///< of a record: in ascending offset, without overlap

    std::size_t element_count() const noexcept;
    std::size_t total_size() const noexcept { return size * element_count(); }

    friend bool operator==(const FormatType& a, const FormatType& b) noexcept;
};

struct FormatField {
    std::string name;        ///< empty: unnamed; unique within its record otherwise
    std::size_t offset = 0;  ///< bytes from the start of its record
    FormatType type;

    friend bool operator==(const FormatField& a, const FormatField& b) noexcept = default;
};

/// A parsed format string. Immutable, so any number of threads may read one.
class Format {
 public:
    /// Throws ViewError(format) for whatever is not a format within view_limits.hpp. Safe for hostile text.
    static Format parse(std::string_view text);
    /// The same, to be shared by views.
    static std::shared_ptr<const Format> shared(std::string_view text);
    /// A shared_ptr that does not own (and whose copies cost no atomics): the format must outlive all who hold it.
    static std::shared_ptr<const Format> borrowed(const Format& format) noexcept {
        return {std::shared_ptr<const Format>(), &format};
    }
    /// `B`, which lives as long as the program.
    static const Format& bytes() noexcept;

    /// As given to parse().
    const std::string& text() const noexcept { return text_; }
    /// The same layout with a byte order at every scalar and explicit padding (a lone native scalar stays as it is).
    std::string canonical() const;

    std::size_t itemsize() const noexcept { return itemsize_; }
    /// What a C struct of this layout wants in memory: the strictest natural alignment of its scalars, whatever the
    /// order marks. Items can be read at any address all the same.
    std::size_t alignment() const noexcept { return alignment_; }
    const FormatType& type() const noexcept { return type_; }
    /// The fields of a record, none otherwise.
    const std::vector<FormatField>& fields() const noexcept { return type_.fields; }
    bool is_record() const noexcept { return type_.kind == ElementKind::record; }
    /// One of B, b and c: what cast() and hash() of a view call bytes.
    bool is_byte() const noexcept { return is_byte_; }
    /// Items are equal exactly when their bytes are: only integers and bytes, no padding.
    bool is_bitwise_comparable() const noexcept { return is_bitwise_comparable_; }

    /// A table of the fields: offset, size, name, type.
    std::string describe() const;

    /// Equal layouts: kinds, sizes, effective byte orders, offsets, sub-shapes and field names, whatever the strings.
    friend bool operator==(const Format& a, const Format& b) noexcept {
        return &a == &b || (a.itemsize_ == b.itemsize_ && a.type_ == b.type_);
    }

 private:
    Format(std::string text, FormatType type);

    std::string text_;
    FormatType type_;
    std::size_t itemsize_;
    std::size_t alignment_;
    bool is_byte_;
    bool is_bitwise_comparable_;
};

/// Both layouts side by side, the rows that differ marked, and the first difference in words, for error messages:
/// describe_difference(ring, mine, "ring has", "you asked for"). Says so if there is none.
std::string describe_difference(const Format& left, const Format& right, std::string_view left_label = "left",
                                std::string_view right_label = "right");

}  // namespace ringview
