#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace ringview::explore {

/// A program that goes on only when it is resumed, and for so many steps. One that is not resumed any more is as dead
/// as a killed process: nothing more of it runs, no destructor either. So it may own nothing on its stack while it
/// makes a step, and it must not end.
class Fiber {
 public:
    /// `after_each_step` is called when a step is over, before anybody makes another one.
    Fiber(std::function<void()> program, std::function<void()> after_each_step);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    void resume(std::uint64_t steps);

    /// Where one step of the fiber that calls this ends and the next begins; outside of fibers nothing.
    static void step() noexcept;

 private:
    static void run_current();
    void leave() noexcept;

    static constexpr std::size_t stack_bytes = std::size_t{128} << 10;
    static inline Fiber* current = nullptr;

    std::function<void()> program_;
    std::function<void()> after_each_step_;
    std::uint64_t steps_left_ = 0;
    std::unique_ptr<std::byte[]> stack_;
    ucontext_t inside_{};
    ucontext_t outside_{};
};

}  // namespace ringview::explore
