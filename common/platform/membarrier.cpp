#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ringview/platform/membarrier.hpp>

namespace ringview::platform {
namespace {

long call_membarrier(int command) noexcept {
    return syscall(SYS_membarrier, command, 0, 0);
}

}  // namespace

// GLOBAL_EXPEDITED, because PRIVATE_EXPEDITED reaches only the threads of the calling process.

bool register_membarrier() noexcept {
    return call_membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0;
}

bool membarrier() noexcept {
    return call_membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) == 0;
}

bool has_membarrier() noexcept {
    constexpr long needed = MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED;
    const long commands = call_membarrier(MEMBARRIER_CMD_QUERY);
    return commands > 0 && (commands & needed) == needed;
}

}  // namespace ringview::platform
