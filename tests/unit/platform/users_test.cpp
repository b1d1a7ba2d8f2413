#include <gtest/gtest.h>
#include <ringview/platform/users.hpp>

namespace ringview::platform {
namespace {

TEST(Users, AreFoundByNameBothWays) {
    EXPECT_EQ(uid_of_user("root"), 0U);
    EXPECT_EQ(gid_of_group("root"), 0U);
    EXPECT_EQ(user_name(0), "root");
}

TEST(Users, ThatDoNotExistAreNone) {
    EXPECT_EQ(uid_of_user("no-such-user-here"), std::nullopt);
    EXPECT_EQ(uid_of_user(""), std::nullopt);
    EXPECT_EQ(gid_of_group("no-such-group-here"), std::nullopt);
    EXPECT_EQ(gid_of_group("0"), std::nullopt);
}

TEST(Users, WithoutANameShowAsTheirNumber) {
    constexpr uid_t nobody_has_it = 4'000'000'123;
    EXPECT_EQ(user_name(nobody_has_it), "4000000123");
}

}  // namespace
}  // namespace ringview::platform
