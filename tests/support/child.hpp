#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <ringview/platform/unique_fd.hpp>

#include "support/deadline.hpp"

namespace ringview::test {

/// How a child ended and everything it wrote that was not read before.
struct Ended {
    int code = -1;  ///< exit status; 128 + the signal that ended it, as a shell has it
    std::string output{};
    std::string errors{};
};

/// A program with its standard streams on pipes. Killed with this object, and by the kernel when the test dies first.
class Child {
 public:
    /// argv[0] is the program's path. `identity`: options of setpriv(1), to run as another user.
    explicit Child(const std::vector<std::string>& argv, const std::vector<std::string>& identity = {});
    Child(Child&&) noexcept;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    Child& operator=(Child&&) = delete;
    ~Child();

    pid_t pid() const noexcept { return pid_; }
    bool is_running() const noexcept { return pid_ > 0; }
    /// It is dead, and waits for wait() to collect it.
    bool has_ended() const noexcept;
    void signal(int number) const noexcept;

    /// The next line of its standard output. Throws, with what it wrote to standard error, where it ends without one.
    std::string read_line();
    /// A byte for its standard input, to let it go on.
    void nudge();
    void close_input() noexcept { input_.reset(); }

    /// Throws where it does not end in time.
    Ended wait(std::chrono::milliseconds limit = patience);
    Ended kill();

 private:
    /// Reads what comes within `limit`. False where nothing came.
    bool pump(std::chrono::milliseconds limit);

    pid_t pid_ = -1;
    platform::UniqueFd input_;
    platform::UniqueFd output_fd_;
    platform::UniqueFd errors_fd_;
    std::string output_;
    std::string errors_;
};

/// The arguments of the tests' helper program, for one of its roles.
std::vector<std::string> helper(const std::string& role, const std::vector<std::string>& arguments);

}  // namespace ringview::test
