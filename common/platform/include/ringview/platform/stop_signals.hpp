#pragma once

/// SIGINT, SIGTERM and SIGHUP, for programs that must not be ended by one before they can do so cleanly.
namespace ringview::platform {

/// They wait from now on, in this thread and those it starts; they are not lost.
void hold_stop_signals() noexcept;
/// They are delivered again, those that waited too. In the thread that calls.
void release_stop_signals() noexcept;

/// To write into a pipe that nobody reads any more is an error, and not the end.
void ignore_broken_pipes() noexcept;

/// As nohup has it with SIGHUP, and means it.
bool is_ignored(int signal) noexcept;

}  // namespace ringview::platform
