#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ringview/client.hpp>

#include "ledger.hpp"
#include "lives.hpp"
#include "shared.hpp"
#include "worker.hpp"

namespace ringview::soak {

/// The durable subscriptions that a ring may come to have. The archive is there from the start and never given up.
enum class Durable { lossless, lossy, archive };
inline constexpr std::array<const char*, 3> durable_names{"durable", "durable-lossy", "archive"};
inline const char* name_of(Durable durable) noexcept {
    return durable_names[static_cast<std::size_t>(durable)];
}

/// Positions of a group that was given up, and those that passed before it was declared anew.
struct GivenUp {
    std::uint64_t first;
    std::uint64_t end;
};

struct Ring {
    RingSpec spec;
    std::size_t most_producers;  ///< processes that want to be
    bool has_group = false;      ///< then it has an archive too, which knows what the group must have done
    bool has_archive = false;

    // What the processes that are forked share.
    std::unique_ptr<Ledger> of_group = has_group ? std::make_unique<Ledger>() : nullptr;
    std::unique_ptr<Ledger> of_archive = has_archive ? std::make_unique<Ledger>() : nullptr;
    std::unique_ptr<Shared<Lives>> lives = std::make_unique<Shared<Lives>>(durable_names.size());
    std::vector<GivenUp> given_up{};

    const std::string& name() const noexcept { return spec.name; }
    bool has_stall_timeout() const noexcept { return spec.stall_timeout.count() != 0; }
    Lives& lives_of(Durable durable) const noexcept { return (*lives)[static_cast<std::size_t>(durable)]; }
    void create(Client& client) const {
        client.create(spec);
        if (has_group) client.subscribe(spec.name, {.group = group_name});
        if (has_archive) client.subscribe(spec.name, {.name = name_of(Durable::archive)});
    }
};

/// Short enough that some are evicted for it, long enough that most are not.
inline constexpr std::chrono::milliseconds stall_timeout{150};

inline std::vector<Ring> all_rings() {
    const auto ring = [](RingSpec spec, std::size_t most_producers, bool has_group = false, bool has_archive = false) {
        spec.shape = {-1};
        return Ring{std::move(spec), most_producers, has_group, has_archive};
    };
    std::vector<Ring> rings;
    rings.push_back(ring({.name = "tiny", .slots = 4, .slot_bytes = 64}, 1));
    rings.push_back(ring({.name = "one", .slots = 256, .slot_bytes = 300}, 2, false, true));
    rings.push_back(ring({.name = "several", .slots = 32, .slot_bytes = 100, .producers = 4}, 4));
    rings.push_back(ring({.name = "fenced", .slots = 16, .slot_bytes = 200, .fences = Fences::always}, 1));
    rings.push_back(ring({.name = "shared", .slots = 64, .slot_bytes = 150, .producers = 2}, 3, true, true));
    rings.push_back(ring({.name = "timed",
                          .slots = 32,
                          .slot_bytes = 120,
                          .producers = 2,
                          .timestamps = true,
                          .stall_timeout = stall_timeout},
                         2));
    rings.push_back(
        ring({.name = "sealed", .slots = 32, .slot_bytes = 250, .producers = 3, .backend = Backend::memfd}, 3));
    return rings;
}

}  // namespace ringview::soak
