// Any bytes to validate(), laid over the headers of a real ring, for nearly all others fail at the first word. What it
// accepts must describe slots that lie inside the mapping it was given. An input is:
//   u8   bit 0: make both checksums right again; bit 1: give a slots mapping of the size that its header states;
//        bits 2 to 3: which ring to begin with
//   any number of { u16 offset, u16 length, `length` bytes } (little-endian): offsets from 8192 on lie in the cursors
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

#include <ringview/layout/segment_header.hpp>
#include <ringview/layout/slots_segment.hpp>
#include <ringview/layout/validate.hpp>
#include <ringview/platform/error.hpp>

#include "header_seal.hpp"
#include "ring_bytes.hpp"

namespace {

namespace layout = ringview::layout;
namespace test = ringview::test;

// A mapping is really made, so that a read beyond it is seen; larger ones would only be slow.
constexpr std::uint64_t largest_mapping = std::uint64_t{256} * 1024;

void require(bool condition, const char* what) {
    if (condition) return;
    std::cerr << "violated: " << what << "\n";
    std::abort();
}

std::vector<layout::RingParameters> base_rings() {
    std::vector<layout::RingParameters> rings(4, test::small_ring());
    rings[1].shape = {-1, 4, 3};
    rings[1].slot_bytes = 48;
    rings[1].history = 7;
    rings[2].producers = 8;
    rings[2].timestamps = true;
    rings[2].slot_bytes = 5000;
    rings[3].alignment = 4096;
    rings[3].format = "T{<d:bid:(2,3)<H:depth:}";
    rings[3].first_position = ~std::uint64_t{0};
    return rings;
}

class Input {
 public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

    bool has(std::size_t bytes) const { return left_ >= bytes; }
    std::uint8_t byte() { return take(1)[0]; }
    std::size_t u16() {
        const std::uint8_t* bytes = take(2);
        return static_cast<std::size_t>(bytes[0] | bytes[1] << 8);
    }
    /// Up to `wanted` bytes, laid over what stands at `target`.
    void lay_over(std::span<std::byte> target, std::size_t wanted) {
        const std::size_t count = std::min({wanted, left_, target.size()});
        std::memcpy(target.data(), take(count), count);
    }

 private:
    const std::uint8_t* take(std::size_t bytes) {
        const std::uint8_t* taken = data_;
        data_ += bytes;
        left_ -= bytes;
        return taken;
    }
    const std::uint8_t* data_;
    std::size_t left_;
};

void check_accepted(const layout::RingHeader& header, std::size_t slots_bytes) {
    const layout::Geometry& g = header.geometry;
    require(g.slot_count >= 1 && (g.slot_count & (g.slot_count - 1)) == 0, "slot_count is a power of two");
    require(layout::is_segment_size(g, slots_bytes), "the segment is the mapping");
    require(g.slot_header_bytes >= layout::slot_header_bytes + (g.timestamps ? 8 : 0), "a slot begins with its header");
    require(g.slot_capacity >= 1 && g.slot_header_bytes + g.slot_capacity <= g.slot_stride, "a slot holds its payload");
    for (layout::Position p : {g.first_position, g.first_position - 1, layout::Position{0}, ~layout::Position{0}}) {
        require(g.slot_offset(p) >= layout::slots_offset, "slots lie behind the tables");
        require(g.slot_offset(p) + g.slot_stride <= slots_bytes, "slots lie inside the mapping");
        require((g.slot_offset(p) + g.slot_header_bytes) % header.payload_alignment == 0, "payloads are aligned");
    }
    require(g.history < g.slot_count, "history leaves room for a message");
    require(g.producer_limit >= 1 && g.producer_limit <= layout::max_producers, "producers fit their word");
    require(!header.name.empty() && !header.format.empty(), "a ring has a name and a format");
    require(header.shape.size() <= layout::max_ring_dimensions, "a view can hold the shape");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<layout::RingParameters> rings = base_rings();
    Input input(data, size);
    const unsigned control = input.has(1) ? input.byte() : 0U;
    const test::RingBytes ring(rings[control >> 2 & 3]);
    const std::span<std::byte> slots_header = ring.slots().first(layout::slots_header_bytes);
    const std::span<std::byte> cursors_header = ring.cursors().first(layout::cursors_header_bytes);

    while (input.has(4)) {
        const std::size_t offset = input.u16() % (slots_header.size() + cursors_header.size());
        const std::size_t length = input.u16();
        const bool is_in_slots = offset < slots_header.size();
        input.lay_over(
            is_in_slots ? slots_header.subspan(offset) : cursors_header.subspan(offset - slots_header.size()), length);
    }
    if ((control & 1) != 0) {
        test::seal(slots_header);
        test::seal(cursors_header);
    }

    std::uint64_t mapped_bytes = ring.slots().size();
    if ((control & 2) != 0)
        std::memcpy(&mapped_bytes, &slots_header[offsetof(layout::SegmentPreamble, segment_bytes)],
                    sizeof mapped_bytes);
    const test::PageAlignedBytes mapping(std::clamp<std::uint64_t>(mapped_bytes, 1, largest_mapping));
    std::copy_n(slots_header.begin(), std::min(slots_header.size(), mapping.bytes().size()), mapping.bytes().begin());
    try {
        check_accepted(layout::validate(mapping.bytes(), ring.cursors()), mapping.bytes().size());
    } catch (const ringview::Error& error) {
        require(error.code() == ringview::Error::corrupt || error.code() == ringview::Error::version,
                "a segment is refused as corrupt or as of another version");
        require(!error.message().empty(), "a refusal has a reason");
    }
    return 0;
}
