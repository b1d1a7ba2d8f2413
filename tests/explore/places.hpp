#pragma once

#include <bit>
#include <cstdint>
#include <optional>

namespace ringview::explore {

/// The subscriptions that are taken.
class Places {
 public:
    std::optional<unsigned> take() noexcept {
        const auto lowest = static_cast<unsigned>(std::countr_one(taken_));
        if (lowest >= most) return std::nullopt;
        taken_ |= std::uint64_t{1} << lowest;
        return lowest;
    }
    void free(unsigned place) noexcept { taken_ &= ~(std::uint64_t{1} << place); }

 private:
    static constexpr unsigned most = 12;

    std::uint64_t taken_ = 0;
};

}  // namespace ringview::explore
