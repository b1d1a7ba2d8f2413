#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/control/socket_path.hpp>

namespace ringview::control {
namespace {

using platform::PathFacts;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uid_t me = 1000;
constexpr uid_t stranger = 1001;
constexpr const char* system_socket = "/run/ringview/ringview.sock";
constexpr const char* session_socket = "/run/user/1000/ringview/ringview.sock";
constexpr const char* temporary_directory = "/tmp/ringview-1000";
constexpr const char* temporary_socket = "/tmp/ringview-1000/ringview.sock";

PathFacts directory(uid_t owner, mode_t permissions) {
    return {owner, permissions, false, true};
}
PathFacts a_socket() {
    return {me, 0600, true, false};
}

using Files = std::map<std::string, PathFacts>;

SocketEnvironment environment(const Files& files) {
    SocketEnvironment made;
    made.runtime_directory = "/run/user/1000";
    made.uid = me;
    made.path_facts = [files](const std::string& path) {
        const auto file = files.find(path);
        return file == files.end() ? std::nullopt : std::optional(file->second);
    };
    return made;
}

std::vector<std::string> paths_of(const std::vector<SocketCandidate>& candidates) {
    std::vector<std::string> paths;
    paths.reserve(candidates.size());
    for (const SocketCandidate& candidate : candidates) paths.push_back(candidate.path);
    return paths;
}

/// Why a client does not use the socket in /tmp, whose directory is like that.
std::string refusal_with(const Files& directory_facts) {
    Files files = directory_facts;
    files[temporary_socket] = a_socket();
    const auto candidates = client_candidates(environment(files));
    EXPECT_THAT(paths_of(candidates), ElementsAre(temporary_socket));
    return candidates.empty() ? "" : candidates[0].refusal;
}

TEST(SocketPath, TheVariableAloneCountsWhereItIsSet) {
    SocketEnvironment set = environment({{system_socket, a_socket()}});
    set.ringview_socket = "/elsewhere/my.sock";
    EXPECT_THAT(paths_of(client_candidates(set)), ElementsAre("/elsewhere/my.sock"));
    EXPECT_THAT(paths_of(daemon_candidates(set)), ElementsAre("/elsewhere/my.sock"));
}

TEST(SocketPath, AClientTriesThePlacesThatExistInOrder) {
    const Files all{{system_socket, a_socket()},
                    {session_socket, a_socket()},
                    {temporary_directory, directory(me, 0700)},
                    {temporary_socket, a_socket()}};
    EXPECT_THAT(paths_of(client_candidates(environment(all))),
                ElementsAre(system_socket, session_socket, temporary_socket));
    Files without_system = all;
    without_system.erase(system_socket);
    EXPECT_THAT(paths_of(client_candidates(environment(without_system))),
                ElementsAre(session_socket, temporary_socket));
    EXPECT_THAT(client_candidates(environment({})), IsEmpty());
}

TEST(SocketPath, WithoutARuntimeDirectoryItsPlaceIsLeftOut) {
    SocketEnvironment bare = environment({{session_socket, a_socket()}});
    bare.runtime_directory.reset();
    EXPECT_THAT(client_candidates(bare), IsEmpty());
    EXPECT_THAT(paths_of(daemon_candidates(bare)), ElementsAre(system_socket, temporary_socket));
}

TEST(SocketPath, ADaemonIsOfferedEveryPlaceInOrder) {
    EXPECT_THAT(paths_of(daemon_candidates(environment({}))),
                ElementsAre(system_socket, session_socket, temporary_socket));
}

TEST(SocketPath, AClosedDirectoryOfThatUserOrOfRootInTmpIsTrusted) {
    EXPECT_EQ(refusal_with({{temporary_directory, directory(me, 0700)}}), "");
    EXPECT_EQ(refusal_with({{temporary_directory, directory(0, 0700)}}), "");
}

TEST(SocketPath, AnyOtherDirectoryInTmpIsRefusedWithTheReason) {
    const auto reason = AllOf(HasSubstr(temporary_directory), HasSubstr("uid 1000 or root"), HasSubstr("0700"));
    EXPECT_THAT(refusal_with({{temporary_directory, directory(stranger, 0700)}}), reason);
    EXPECT_THAT(refusal_with({{temporary_directory, directory(me, 0777)}}), reason);
    EXPECT_THAT(refusal_with({{temporary_directory, directory(me, 0710)}}), reason);
    EXPECT_THAT(refusal_with({{temporary_directory, directory(me, 0701)}}), reason);
    // A symbolic link, as path_facts() shows it.
    EXPECT_THAT(refusal_with({{temporary_directory, {me, 0700, false, false}}}), reason);
    EXPECT_THAT(refusal_with({}), reason);
}

TEST(SocketPath, ADaemonDoesNotListenInADirectoryThatClientsRefuse) {
    const auto refusals = [](const Files& files) {
        std::vector<std::string> found;
        for (const SocketCandidate& candidate : daemon_candidates(environment(files)))
            found.push_back(candidate.refusal);
        return found;
    };
    // Not there yet: it can be made.
    EXPECT_THAT(refusals({}), ElementsAre("", "", ""));
    EXPECT_THAT(refusals({{temporary_directory, directory(me, 0700)}}), ElementsAre("", "", ""));
    EXPECT_THAT(refusals({{temporary_directory, directory(stranger, 0777)}}),
                ElementsAre("", "", HasSubstr(temporary_directory)));
}

TEST(SocketPath, TheTemporaryPlaceIsThatOfTheAskingUser) {
    SocketEnvironment root = environment({});
    root.uid = 0;
    EXPECT_EQ(daemon_candidates(root).back().path, "/tmp/ringview-0/ringview.sock");
}

TEST(SocketPath, DirectoryOfIsWhatStandsBeforeTheLastSlash) {
    EXPECT_EQ(directory_of("/run/ringview/ringview.sock"), "/run/ringview");
    EXPECT_EQ(directory_of("/my.sock"), "/");
    EXPECT_EQ(directory_of("my.sock"), ".");
}

}  // namespace
}  // namespace ringview::control
