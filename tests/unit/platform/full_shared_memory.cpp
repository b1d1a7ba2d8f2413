// Run where /dev/shm is a file system of 1 MiB: a segment that does not fit is refused when it is made, with what it
// needs and what there is, and leaves nothing behind.
#include <cstdio>
#include <string>

#include <ringview/platform/error.hpp>
#include <ringview/platform/shared_memory.hpp>

namespace {

namespace platform = ringview::platform;
using ringview::Error;

bool has(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return true;
    std::printf("\"%s\" does not say \"%s\"\n", text.c_str(), part.c_str());
    return false;
}

bool refuses_what_does_not_fit() {
    try {
        platform::create_segment("ringview.full.large", std::size_t{2} << 20);
    } catch (const Error& error) {
        return error.code() == Error::no_memory && has(error.message(), "ringview.full.large needs 2097152 bytes") &&
               has(error.message(), "/dev/shm has 524288 bytes free") && has(error.hint(), "remount,size=");
    }
    std::printf("2 MiB fitted into a /dev/shm of 1 MiB\n");
    return false;
}

}  // namespace

int main() {
    const platform::UniqueFd half = platform::create_segment("ringview.full.half", std::size_t{1} << 19);
    if (!refuses_what_does_not_fit()) return 1;
    if (platform::list_segments("ringview.").size() != 1) {
        std::printf("the segment that did not fit was left behind\n");
        return 1;
    }
    platform::create_segment("ringview.full.rest", std::size_t{1} << 19);
    std::printf("refused with what it needs and what there is; nothing left behind\n");
    return 0;
}
