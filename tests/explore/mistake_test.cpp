#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "exploration.hpp"

/// That the explorer keeps silent means something only if it speaks up when a promise is broken.
namespace ringview::explore {
namespace {

class MistakeOfTheDaemon : public testing::TestWithParam<Mistake> {};

TEST_P(MistakeOfTheDaemon, IsFound) {
    constexpr std::uint64_t most_seeds = 1000;
    Counts counts;
    std::string broken;
    std::uint64_t seed = 0;
    while (broken.empty() && seed != most_seeds)
        broken = Exploration(Producers::several, ++seed, false, counts, GetParam()).run();
    EXPECT_NE(broken, "") << "within " << most_seeds << " seeds";
}

std::string name_of(const testing::TestParamInfo<Mistake>& mistake) {
    switch (mistake.param) {
        case Mistake::none:
            break;
        case Mistake::forgets_claims:
            return "ForgetsClaims";
        case Mistake::forgets_what_is_held:
            return "ForgetsWhatIsHeld";
        case Mistake::ignores_marks:
            return "IgnoresMarks";
    }
    return "None";
}

INSTANTIATE_TEST_SUITE_P(Which, MistakeOfTheDaemon,
                         testing::Values(Mistake::forgets_claims, Mistake::forgets_what_is_held,
                                         Mistake::ignores_marks),
                         name_of);

}  // namespace
}  // namespace ringview::explore
