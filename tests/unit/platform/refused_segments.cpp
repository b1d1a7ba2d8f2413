// refused_segments KIND MESSAGE HINT, run where there is room for 1 MiB: a segment of that kind (named, anonymous) that
// does not fit is refused when it is made, with what it needs and these words, and leaves nothing behind.
#include <cstdio>
#include <string>

#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/shared_memory.hpp>

namespace {

namespace platform = ringview::platform;
using ringview::Error;

constexpr std::size_t half_of_the_room = std::size_t{1} << 19;
constexpr std::size_t too_much = std::size_t{2} << 20;

bool has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return true;
    std::printf("\"%s\" does not say \"%s\"\n", text.c_str(), part.c_str());
    return false;
}

bool refuses_what_does_not_fit(bool is_named, const std::string& message, const std::string& hint) {
    try {
        is_named ? platform::create_segment("ringview.full.large", too_much)
                 : platform::create_anonymous_segment("ringview.full.large", too_much);
    } catch (const Error& error) {
        return error.code() == Error::no_memory && has(error.message(), "ringview.full.large needs 2097152 bytes") &&
               has(error.message(), message) && has(error.hint(), hint);
    }
    std::printf("2 MiB fitted where there is room for 1 MiB\n");
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const platform::UniqueFd half = platform::create_segment("ringview.full.half", half_of_the_room);
    if (!refuses_what_does_not_fit(argv[1] == std::string("named"), argv[2], argv[3])) return 1;
    if (platform::list_segments("ringview.").size() != 1) {
        std::printf("the segment that did not fit was left behind\n");
        return 1;
    }
    platform::create_segment("ringview.full.rest", half_of_the_room);
    std::printf("refused with what it needs and what there is; nothing left behind\n");
    return 0;
}
