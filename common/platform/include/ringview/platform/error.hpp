#pragma once

#include <string>
#include <system_error>

namespace ringview {

/// What goes wrong, for every room that touches memory, processes or the daemon. Set-up throws it; the data path
/// returns the bare std::error_code, which compares with the codes: `if (slot.error() == ringview::Error::full)`.
class Error : public std::system_error {
 public:
    enum Code : int {   // The values travel in packets by name (code_name), never by number.
        full = 1,       ///< every slot is still unread by some lossless subscription
        empty,          ///< no message is ready
        busy,           ///< the handle already has an outstanding reservation, or the ring already has its producers
        too_many_held,  ///< this handle holds as many messages as it can keep apart
        removed,        ///< the ring was removed
        evicted,        ///< this consumer was evicted because it held the ring up
        forked,         ///< the handle belongs to the parent process
        closed,         ///< the handle was closed or moved from
        exists,         ///< the name is taken by a ring of another spec
        not_found,      ///< no ring of that name
        denied,         ///< the access list of the ring does not allow it
        quota,          ///< a limit of the daemon: rings, bytes, clients, subscriptions
        no_memory,      ///< the shared memory could not be allocated
        no_daemon,      ///< nothing answers at the socket
        type_mismatch,  ///< the ring has another format or shape
        version,        ///< another version of the segment format or the protocol
        corrupt,        ///< shared memory or a packet holds what no peer of ours writes
        invalid,        ///< an argument makes no sense; the message says which and why
        unsupported,    ///< this kernel or this daemon cannot do it
        system,         ///< a system call failed; the message names it
    };

    /// `message` says what was wrong and what was expected, `hint` what to do about it (may be empty).
    Error(Code code, const std::string& message, std::string hint = {});

    const std::string& message() const noexcept { return message_; }
    const std::string& hint() const noexcept { return hint_; }
    const char* what() const noexcept override { return what_.c_str(); }

    /// A failed system call: `Error::system`, with strerror(error_number) in the message.
    static Error from_errno(const std::string& what_failed, int error_number, std::string hint = {});

 private:
    std::string message_;
    std::string hint_;
    std::string what_;
};

const std::error_category& error_category() noexcept;
std::error_code make_error_code(Error::Code code) noexcept;

/// "full", "type_mismatch", …: how packets and --json name a code.
const char* code_name(Error::Code code) noexcept;
/// The reverse; Error::system for a name that this version does not know.
Error::Code code_from_name(const std::string& name) noexcept;

}  // namespace ringview

template <>
struct std::is_error_code_enum<ringview::Error::Code> : std::true_type {};
