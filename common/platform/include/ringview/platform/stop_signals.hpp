#pragma once

/// SIGINT and SIGTERM, for programs that must not be ended by one before they can do so cleanly.
namespace ringview::platform {

/// They wait from now on, in this thread and those it starts; they are not lost.
void hold_stop_signals() noexcept;
/// They are delivered again, those that waited too. In the thread that calls.
void release_stop_signals() noexcept;

}  // namespace ringview::platform
