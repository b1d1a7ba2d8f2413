#include "two_processes.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <system_error>

#include <ringview/platform/child_process.hpp>
#include <ringview/platform/cpu.hpp>

namespace ringview::bench {

SharedMemory::SharedMemory(std::size_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (data_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
}

SharedMemory::~SharedMemory() {
    if (read_only_ != nullptr) munmap(read_only_, bytes_);
    munmap(data_, bytes_);
}

const void* SharedMemory::read_only() {
    if (read_only_ != nullptr) return read_only_;
    void* again = mremap(data_, 0, bytes_, MREMAP_MAYMOVE);  // of a shared mapping: another one
    if (again == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mremap");
    read_only_ = again;
    if (mprotect(again, bytes_, PROT_READ) != 0) throw std::system_error(errno, std::generic_category(), "mprotect");
    return read_only_;
}

void run_two(const Cpus& cpus, Shared& shared, const std::function<void()>& ours, const std::function<void()>& peer) {
    shared.ready = 0;
    std::fflush(nullptr);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) {
        platform::die_with_parent(parent);
        alarm(hang_seconds);
        try {
            platform::pin_to_cpu(cpus.peer);
            peer();
            _exit(0);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "bench: the peer process: %s\n", error.what());
            _exit(1);
        }
    }
    platform::pin_to_cpu(cpus.ours);
    alarm(hang_seconds);
    ours();
    alarm(0);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) throw std::runtime_error("the peer process failed");
}

namespace {

void arrive(Shared& shared, std::uint64_t expected) noexcept {
    shared.ready.fetch_add(1);
    while (shared.ready.load() < expected) platform::yield();
}

}  // namespace

void meet(Shared& shared) noexcept {
    arrive(shared, 2);
}
void meet_again(Shared& shared) noexcept {
    arrive(shared, 4);
}

}  // namespace ringview::bench
