#include "fiber.hpp"

#include <utility>

#include "stack_switch.hpp"

namespace ringview::explore {

Fiber::Fiber(std::function<void()> program, std::function<void()> after_each_step)
    : program_(std::move(program)),
      after_each_step_(std::move(after_each_step)),
      stack_(new std::byte[stack_bytes]) {  // not make_unique, which would write all of it
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_.get();
    inside_.uc_stack.ss_size = stack_bytes;
    inside_.uc_link = nullptr;
    makecontext(&inside_, run_current, 0);
}

void Fiber::resume(std::uint64_t steps) {
    steps_left_ = steps;
    current = this;
    StackSwitch to_fiber(stack_.get(), stack_bytes);
    swapcontext(&outside_, &inside_);
    to_fiber.is_back();
    current = nullptr;
}

void Fiber::step() noexcept {
    Fiber* const self = current;
    if (self == nullptr) return;
    self->after_each_step_();
    if (--self->steps_left_ == 0) self->leave();
}

void Fiber::run_current() {
    StackSwitch::has_arrived();
    current->program_();
}

void Fiber::leave() noexcept {
    StackSwitch to_scheduler = StackSwitch::to_whoever_resumed();
    swapcontext(&inside_, &outside_);
    to_scheduler.is_back();
}

}  // namespace ringview::explore
