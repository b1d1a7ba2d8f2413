#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/numa.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing_support::throws_error;

int policy_of_this_thread() {
    int mode = -1;
    return syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0) == 0 ? mode : -1;
}

/// The node of each page, by the kernel's own word.
std::vector<int> nodes_of(const Mapping& mapping) {
    std::vector<void*> pages;
    for (std::size_t i = 0; i < mapping.size(); i += 4096) pages.push_back(mapping.data() + i);
    std::vector<int> nodes(pages.size(), -1);
    EXPECT_EQ(syscall(SYS_move_pages, 0, pages.size(), pages.data(), nullptr, nodes.data(), 0), 0);
    return nodes;
}

TEST(MemoryNodes, AreThoseThatTheKernelHasAndInOrder) {
    const std::vector<unsigned> nodes = memory_nodes();
    ASSERT_FALSE(nodes.empty());
    EXPECT_TRUE(std::is_sorted(nodes.begin(), nodes.end()));
    for (const unsigned node : nodes)
        EXPECT_EQ(access(("/sys/devices/system/node/node" + std::to_string(node)).c_str(), F_OK), 0) << node;
}

TEST(NodePolicy, PutsWhatIsAllocatedMeanwhileOnItsNode) {
    for (const unsigned node : memory_nodes()) {
        const int before = policy_of_this_thread();
        std::optional<NodePolicy> policy(std::in_place, node);
        EXPECT_EQ(policy_of_this_thread() & ~MPOL_MODE_FLAGS, MPOL_BIND);
        const UniqueFd fd = create_anonymous_segment("ringview.test", 1 << 20, node);
        policy.reset();
        EXPECT_EQ(policy_of_this_thread(), before) << "and what comes later where it would have been";
        const Mapping mapping(fd.get(), 1 << 20, Access::read_write);
        for (std::size_t i = 0; i < mapping.size(); i += 4096) mapping.data()[i] = std::byte{1};
        EXPECT_THAT(nodes_of(mapping), Each(static_cast<int>(node)));
    }
}

TEST(NodePolicy, RefusesANodeThatIsNotThereAndNamesThoseThatAre) {
    const unsigned absent = memory_nodes().back() + 1;
    EXPECT_THAT([&] { NodePolicy{absent}; },
                throws_error(Error::invalid, HasSubstr("no NUMA node " + std::to_string(absent))));
    EXPECT_THAT([] { NodePolicy{UINT32_MAX}; }, throws_error(Error::invalid));
    try {
        NodePolicy{absent};
    } catch (const Error& error) {
        EXPECT_THAT(error.hint(), AllOf(HasSubstr("this machine has: "), HasSubstr(std::to_string(memory_nodes()[0]))));
    }
}

TEST(AvailableMemory, IsKnownOfTheMachineAndOfEachNode) {
    EXPECT_LT(available_memory_bytes(std::nullopt), std::uint64_t{1} << 50);
    for (const unsigned node : memory_nodes()) EXPECT_GT(available_memory_bytes(node), 0U);
    EXPECT_THAT([] { check_available("it", std::uint64_t{1} << 60, std::nullopt); },
                throws_error(Error::no_memory, HasSubstr("it needs 1152921504606846976 bytes; the machine has ")));
    EXPECT_NO_THROW(check_available("it", 1, std::nullopt));
}

}  // namespace
}  // namespace ringview::platform
