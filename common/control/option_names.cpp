#include <ringview/control/codec.hpp>

/// The words that packets, settings and the command line have for what can be chosen.
namespace ringview::control {

const char* policy_name(Policy policy) noexcept {
    return policy == Policy::lossless ? "lossless" : "lossy";
}
const char* start_name(Start start) noexcept {
    switch (start) {
        case Start::oldest:
            return "oldest";
        case Start::newest:
            return "newest";
        case Start::next:
            break;
    }
    return "next";
}

const char* backend_name(Backend backend) noexcept {
    return backend == Backend::posix ? "posix" : "memfd";
}
const char* huge_pages_name(HugePages huge_pages) noexcept {
    switch (huge_pages) {
        case HugePages::attempt:
            return "try";
        case HugePages::require:
            return "require";
        case HugePages::off:
            break;
    }
    return "off";
}

Policy policy_from_name(std::string_view name) {
    if (name == "lossless") return Policy::lossless;
    if (name == "lossy") return Policy::lossy;
    throw Error(Error::invalid, "a policy is lossless or lossy, not \"" + std::string(name) + "\"");
}

Start start_from_name(std::string_view name) {
    if (name == "oldest") return Start::oldest;
    if (name == "newest") return Start::newest;
    if (name == "next") return Start::next;
    throw Error(Error::invalid, "a start is oldest, newest or next, not \"" + std::string(name) + "\"");
}

Backend backend_from_name(std::string_view name) {
    if (name == "posix") return Backend::posix;
    if (name == "memfd") return Backend::memfd;
    throw Error(Error::invalid, "a backend is posix or memfd, not \"" + std::string(name) + "\"");
}

HugePages huge_pages_from_name(std::string_view name) {
    if (name == "off") return HugePages::off;
    if (name == "try") return HugePages::attempt;
    if (name == "require") return HugePages::require;
    throw Error(Error::invalid, "huge_pages is off, try or require, not \"" + std::string(name) + "\"");
}

}  // namespace ringview::control
