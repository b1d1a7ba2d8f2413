#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <ringview/platform/lost_pages.hpp>

namespace ringview::platform {

/// One of a list that only grows, so that a signal handler can walk it.
struct LostPages::Watched {
    std::atomic<bool> is_taken{true};
    std::atomic<std::uintptr_t> begin{0};  ///< 0: nothing is watched
    std::atomic<std::size_t> bytes{0};
    std::atomic<bool> is_lost{false};
    Watched* next = nullptr;
};

namespace {

std::atomic<LostPages::Watched*> first{nullptr};
std::atomic<unsigned> lost_count{0};
struct sigaction previous {};

bool put_zeros_at(std::uintptr_t address) noexcept {
    for (LostPages::Watched* watched = first.load(std::memory_order_acquire); watched != nullptr;
         watched = watched->next) {
        const std::uintptr_t begin = watched->begin.load(std::memory_order_acquire);
        const std::size_t bytes = watched->bytes.load(std::memory_order_relaxed);
        if (begin == 0 || address - begin >= bytes) continue;
        if (mmap(reinterpret_cast<void*>(begin), bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
            return false;
        watched->is_lost.store(true, std::memory_order_release);
        lost_count.fetch_add(1, std::memory_order_release);
        return true;
    }
    return false;
}

void on_fault(int signal, siginfo_t* info, void* context) {
    const int error = errno;
    // Only what the kernel itself says of an address: others may send the signal too.
    const bool is_mended = info->si_code == BUS_ADRERR && put_zeros_at(reinterpret_cast<std::uintptr_t>(info->si_addr));
    errno = error;
    if (is_mended) return;
    if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(signal, info, context);
    if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(signal);
    // As without us: it ends the process when this returns.
    struct sigaction end {};
    end.sa_handler = SIG_DFL;
    sigaction(signal, &end, nullptr);
    raise(signal);
}

void handle_faults() {
    static const bool is_handled = [] {
        struct sigaction ours {};
        ours.sa_sigaction = on_fault;
        ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&ours.sa_mask);
        return sigaction(SIGBUS, nullptr, &previous) == 0 && sigaction(SIGBUS, &ours, nullptr) == 0;
    }();
    static_cast<void>(is_handled);
}

LostPages::Watched& free_entry() {
    for (LostPages::Watched* watched = first.load(std::memory_order_acquire); watched != nullptr;
         watched = watched->next) {
        if (!watched->is_taken.exchange(true, std::memory_order_acquire)) return *watched;
    }
    auto* const added = new LostPages::Watched;  // stays: the list never shrinks
    added->next = first.load(std::memory_order_relaxed);
    while (!first.compare_exchange_weak(added->next, added, std::memory_order_acq_rel)) {
    }
    return *added;
}

}  // namespace

LostPages::LostPages(const Mapping& mapping) : watched_(free_entry()) {
    handle_faults();
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    watched_.is_lost.store(false, std::memory_order_relaxed);
    watched_.bytes.store((mapping.size() + page - 1) / page * page, std::memory_order_relaxed);
    watched_.begin.store(reinterpret_cast<std::uintptr_t>(mapping.data()), std::memory_order_release);
}

LostPages::~LostPages() {
    watched_.begin.store(0, std::memory_order_release);
    watched_.is_taken.store(false, std::memory_order_release);
}

bool LostPages::are_lost() const noexcept {
    return watched_.is_lost.load(std::memory_order_acquire);
}

void LostPages::let_faults_through() noexcept {
    sigset_t faults;
    sigemptyset(&faults);
    sigaddset(&faults, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
}

unsigned LostPages::count() noexcept {
    return lost_count.load(std::memory_order_acquire);
}

}  // namespace ringview::platform
