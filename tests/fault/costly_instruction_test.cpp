#include "costly_instruction.hpp"

#include <cstddef>
#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

namespace ringview::test {
namespace {

TEST(CostlyInstruction, IsToldFromOthersByItsBytes) {
    const auto cost = [](std::initializer_list<int> code) {
        std::vector<std::byte> bytes;
        for (const int byte : code) bytes.push_back(static_cast<std::byte>(byte));
        return cost_of(bytes);
    };
    EXPECT_EQ(cost({0xF0, 0x48, 0x83, 0x0C, 0x24, 0x00}), Cost::locked) << "lock or qword [rsp], 0";
    EXPECT_EQ(cost({0x66, 0xF0, 0x0F, 0xB1, 0x0F}), Cost::locked) << "lock cmpxchg [rdi], cx";
    EXPECT_EQ(cost({0x48, 0x87, 0x07}), Cost::locked) << "xchg [rdi], rax";
    EXPECT_EQ(cost({0x48, 0x87, 0xC7}), Cost::none) << "xchg rdi, rax";
    EXPECT_EQ(cost({0x0F, 0xAE, 0xF0}), Cost::fence) << "mfence";
    EXPECT_EQ(cost({0x0F, 0xAE, 0xE8}), Cost::fence) << "lfence";
    EXPECT_EQ(cost({0x0F, 0xAE, 0xF8}), Cost::fence) << "sfence";
    EXPECT_EQ(cost({0x0F, 0xAE, 0x38}), Cost::none) << "clflush [rax]";
    EXPECT_EQ(cost({0xF3, 0x48, 0x0F, 0xAE, 0xE8}), Cost::none) << "incsspq rax";
    EXPECT_EQ(cost({0x0F, 0x05}), Cost::system_call) << "syscall";
    EXPECT_EQ(cost({0x0F, 0x0D, 0x08}), Cost::none) << "prefetchw [rax]";
    EXPECT_EQ(cost({0x48, 0x89, 0x07}), Cost::none) << "mov [rdi], rax";
    EXPECT_EQ(cost({0x40, 0x86, 0x37}), Cost::locked) << "xchg [rdi], sil";
    EXPECT_EQ(cost({0xF3, 0x90}), Cost::none) << "pause";
    EXPECT_EQ(cost({0xC5, 0xF8, 0xAE, 0x18}), Cost::none) << "vstmxcsr [rax]";
}

}  // namespace
}  // namespace ringview::test
