#include "costly_instruction.hpp"

#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>

namespace ringview::test {
namespace {

constexpr bool is_any_of(unsigned byte, std::initializer_list<unsigned> bytes) {
    return std::find(bytes.begin(), bytes.end(), byte) != bytes.end();
}

/// Mapped at the same place in a child that was forked. It is two pages at most, and what else it has, getcpu and
/// random numbers, nobody here calls.
bool is_in_vdso(std::uint64_t address) {
    static const std::uint64_t begin = getauxval(AT_SYSINFO_EHDR);
    return address - begin < 2 * 4096;
}

}  // namespace

Cost cost_of(std::span<const std::byte> code) noexcept {
    const auto at = [&](std::size_t i) { return i < code.size() ? std::to_integer<unsigned>(code[i]) : 0x90U; };
    std::size_t i = 0;
    bool is_locked = false;
    bool has_other_meaning = false;  // of the opcodes of fences
    for (; is_any_of(at(i), {0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67}); ++i) {
        is_locked |= at(i) == 0xF0;
        has_other_meaning |= is_any_of(at(i), {0xF2, 0xF3, 0x66});
    }
    if (is_locked) return Cost::locked;
    if ((at(i) & 0xF0) == 0x40) ++i;  // REX
    const unsigned opcode = at(i);
    // xchg with memory locks without a prefix.
    if (is_any_of(opcode, {0x86, 0x87})) return at(i + 1) >> 6 == 3 ? Cost::none : Cost::locked;
    if (opcode == 0xCD) return Cost::system_call;
    if (opcode != 0x0F) return Cost::none;
    if (is_any_of(at(i + 1), {0x05, 0x34})) return Cost::system_call;
    const bool is_fence = at(i + 1) == 0xAE && at(i + 2) >= 0xE8 && !has_other_meaning;
    return is_fence ? Cost::fence : Cost::none;
}

Cost cost_of_next_instruction(pid_t child) {
    user_regs_struct registers{};
    if (ptrace(PTRACE_GETREGS, child, nullptr, &registers) != 0)
        throw std::runtime_error("the child's registers cannot be read");
    if (is_in_vdso(registers.rip)) return Cost::clock;
    std::array<std::byte, 15> code{};
    const iovec here{code.data(), code.size()};
    // The rest of its page, where the next one is not there.
    const std::size_t in_page = 4096 - registers.rip % 4096;
    std::array<iovec, 2> there{};
    there[0] = {reinterpret_cast<void*>(registers.rip), std::min(in_page, code.size())};
    there[1] = {reinterpret_cast<void*>(registers.rip + there[0].iov_len), code.size() - there[0].iov_len};
    const ssize_t got = process_vm_readv(child, &here, 1, there.data(), there.size(), 0);
    if (got <= 0) throw std::runtime_error("the child's code cannot be read");
    return cost_of(std::span(code).first(static_cast<std::size_t>(got)));
}

}  // namespace ringview::test
