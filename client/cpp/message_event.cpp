#include <ringview/consumer.hpp>
#include <ringview/detail/message_event.hpp>
#include <ringview/platform/error.hpp>

#include "event_thread.hpp"

namespace ringview::detail {

MessageEvent::MessageEvent(const ring::MessageWatch<>& watch, const ring::Barrier& barrier)
    : barrier_(barrier), watch_(watch) {
    EventThreads::of_process().add(*this);
}

MessageEvent::~MessageEvent() {
    if (fork_flag_.is_in_creator()) EventThreads::of_process().remove(*this);
}

void MessageEvent::set(layout::Position position) noexcept {
    if (is_set_.load(std::memory_order_acquire) && position_ == position) return;
    thread_->set(*this, position);
}

void MessageEvent::wait(std::chrono::nanoseconds timeout) noexcept {
    fd_.wait(timeout);
}

int ConsumerCore::event_fd() {
    if (!attachment.is_in_creator())
        throw Error(Error::forked, "this consumer belongs to the parent process", "attach anew in the child");
    if (!event) {
        event = std::make_unique<MessageEvent>(side.message_watch(), attachment.barrier());
        side.set_alarm(event.get());
    }
    return event->fd();
}

}  // namespace ringview::detail
