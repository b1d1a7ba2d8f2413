#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <ringview/detail/payload_shape.hpp>
#include <ringview/layout/geometry.hpp>
#include <ringview/platform/fork_flag.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/ring/barrier.hpp>

namespace ringview::detail {

class Connection;

/// The ring of a handle that was moved from.
inline const std::string no_ring;

/// What the daemon answers to an attach, before it is mapped.
struct Grant {
    platform::UniqueFd slots;
    platform::UniqueFd cursors;
    std::uint64_t endpoint_id = 0;
    unsigned index = 0;                ///< producer line or subscription
    std::uint64_t first_position = 0;  ///< of a consumer
    std::uint64_t lost = 0;            ///< positions between the one that was wanted and that one
    bool prefault = false;
    std::optional<unsigned> group{};  ///< of a member of one
};

/// One end of a ring in this process: both segments mapped and validated, and a place in them that goes back to the
/// daemon with this object. Shared by everything that a handle hands out.
class Attachment {
 public:
    /// `slots_access`: read_only for consumers. Throws Error::corrupt or Error::version; the place is given back then.
    Attachment(Grant grant, platform::Access slots_access, std::shared_ptr<Connection> connection);
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    /// In a forked child nothing happens: the place is the parent's.
    ~Attachment();

    [[gnu::always_inline]] bool is_in_creator() const noexcept { return fork_flag_.is_in_creator(); }
    const layout::RingHeader& header() const noexcept { return header_; }
    const PayloadShape& shape() const noexcept { return shape_; }
    std::byte* slots() const noexcept { return place_.slots.data(); }
    std::byte* cursors() const noexcept { return place_.cursors.data(); }
    unsigned index() const noexcept { return place_.index; }
    std::uint64_t first_position() const noexcept { return place_.first_position; }
    std::optional<unsigned> group() const noexcept { return place_.group; }
    /// Whether a producer is attached whose process has not ended, or may not have.
    bool has_running_producer() const;
    /// Barriers for this ring, with the daemon's help where this process may not call membarrier.
    ring::Barrier barrier() const noexcept;

 private:
    /// Maps, and detaches when it goes: apart from Attachment so that a failing validation detaches too.
    struct Place {
        Place(Grant grant, platform::Access slots_access, std::shared_ptr<Connection> daemon_connection,
              const platform::ForkFlag& flag);
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place();

        const platform::ForkFlag& fork_flag;
        std::shared_ptr<Connection> connection;
        std::uint64_t endpoint_id;
        unsigned index;
        std::uint64_t first_position;
        std::optional<unsigned> group;
        platform::Mapping slots;
        platform::Mapping cursors;
    };

    platform::ForkFlag fork_flag_;
    Place place_;
    layout::RingHeader header_;
    PayloadShape shape_;
};

}  // namespace ringview::detail
