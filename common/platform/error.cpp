#include <array>
#include <cstring>
#include <utility>

#include <ringview/platform/error.hpp>

namespace ringview {
namespace {

struct CodeText {
    Error::Code code;
    const char* name;
    const char* text;
};

constexpr std::array code_texts{
    CodeText{Error::full, "full", "every slot is still unread by some consumer"},
    CodeText{Error::empty, "empty", "no message is ready"},
    CodeText{Error::busy, "busy", "already taken"},
    CodeText{Error::too_many_held, "too_many_held", "the consumer holds as many messages as it may"},
    CodeText{Error::removed, "removed", "the ring was removed"},
    CodeText{Error::evicted, "evicted", "the consumer was evicted because it held the ring up"},
    CodeText{Error::forked, "forked", "the handle belongs to the parent process"},
    CodeText{Error::closed, "closed", "the handle is closed"},
    CodeText{Error::exists, "exists", "the name is taken"},
    CodeText{Error::not_found, "not_found", "there is no such ring"},
    CodeText{Error::denied, "denied", "access is denied"},
    CodeText{Error::quota, "quota", "a limit of the daemon is reached"},
    CodeText{Error::no_memory, "no_memory", "shared memory could not be allocated"},
    CodeText{Error::no_daemon, "no_daemon", "no daemon answers"},
    CodeText{Error::type_mismatch, "type_mismatch", "the ring has another format or shape"},
    CodeText{Error::version, "version", "another version of the format or the protocol"},
    CodeText{Error::corrupt, "corrupt", "shared memory or a packet is malformed"},
    CodeText{Error::invalid, "invalid", "an argument is invalid"},
    CodeText{Error::unsupported, "unsupported", "not supported here"},
    CodeText{Error::system, "system", "a system call failed"},
};

class Category final : public std::error_category {
 public:
    const char* name() const noexcept override { return "ringview"; }
    std::string message(int value) const override {
        for (const CodeText& entry : code_texts) {
            if (entry.code == value) return entry.text;
        }
        return "unknown error " + std::to_string(value);
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

std::error_code make_error_code(Error::Code code) noexcept {
    return {static_cast<int>(code), error_category()};
}

const char* code_name(Error::Code code) noexcept {
    for (const CodeText& entry : code_texts) {
        if (entry.code == code) return entry.name;
    }
    return "system";
}

Error::Code code_from_name(const std::string& name) noexcept {
    for (const CodeText& entry : code_texts) {
        if (name == entry.name) return entry.code;
    }
    return Error::system;
}

Error::Error(Code code, const std::string& message, std::string hint)
    : std::system_error(make_error_code(code)),
      message_(message),
      hint_(std::move(hint)),
      what_(hint_.empty() ? message : message + " (" + hint_ + ")") {}

Error Error::from_errno(const std::string& what_failed, int error_number, std::string hint) {
    return {Error::system, what_failed + ": " + std::strerror(error_number), std::move(hint)};
}

}  // namespace ringview
