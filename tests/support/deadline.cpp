#include "deadline.hpp"

#include <stdexcept>
#include <thread>

namespace ringview::test {

void wait_until(const std::string& what, const std::function<bool()>& is_true, std::chrono::milliseconds limit) {
    constexpr std::chrono::milliseconds poll_interval{2};
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!is_true()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited in vain: " + what);
        std::this_thread::sleep_for(poll_interval);
    }
}

}  // namespace ringview::test
