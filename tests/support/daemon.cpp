#include "daemon.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::test {
namespace {

constexpr const char* shm_directory = "/dev/shm";

bool answers(const std::string& socket) {
    std::string why_not;
    return platform::connect_to(socket, why_not).is_open();
}

}  // namespace

std::string unique_name(const std::string& prefix) {
    constexpr std::uint64_t eight_digits = 100'000'000;
    return prefix + "-" + std::to_string(platform::random_u64() % eight_digits) + "-" +
           std::to_string(platform::current_pid());
}

Daemon::Daemon(const std::string& settings, std::vector<std::string> extra, std::vector<std::string> launcher)
    : socket_(directory_.path() + "/ringview.sock"),
      instance_(unique_name("t")),
      extra_(std::move(extra)),
      launcher_(std::move(launcher)) {
    // Other users must reach the socket in tests of access rights.
    chmod(directory_.path().c_str(), 0755);
    if (!settings.empty()) {
        settings_path_ = directory_.path() + "/ringviewd.toml";
        std::ofstream(settings_path_) << settings;
    }
    start();
}

std::vector<std::string> Daemon::command(const std::string& socket, const std::string& instance) {
    return {RINGVIEWD_PROGRAM, "--socket", socket, "--instance", instance};
}

void Daemon::start() {
    std::vector<std::string> words = launcher_;
    const std::vector<std::string> own = command(socket_, instance_);
    words.insert(words.end(), own.begin(), own.end());
    if (!settings_path_.empty()) words.insert(words.end(), {"--config", settings_path_});
    words.insert(words.end(), extra_.begin(), extra_.end());
    process_ = std::make_unique<Child>(words);
    wait_until("a daemon that listens", [&] {
        if (answers(socket_)) return true;
        if (process_->has_ended()) throw std::runtime_error("ringviewd has ended: " + process_->wait().errors);
        return false;
    });
}

Ended Daemon::stop(int signal) {
    process_->signal(signal);
    return process_->wait();
}

void Daemon::kill() {
    process_->kill();
    may_leave_segments_ = true;
}

std::vector<std::string> Daemon::files_in_shm() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(shm_directory)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("ringview." + instance_ + ".")) names.push_back(name);
    }
    return names;
}

Daemon::~Daemon() {
    try {
        if (is_running()) {
            process_->signal(SIGCONT);
            if (const Ended ended = stop(); ended.code != 0)
                ADD_FAILURE() << "ringviewd ended with " << ended.code << ": " << ended.errors;
        }
        const std::vector<std::string> left = files_in_shm();
        for (const std::string& name : left) std::filesystem::remove(shm_directory + ("/" + name));
        EXPECT_TRUE(may_leave_segments_ || left.empty()) << testing::PrintToString(left);
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

}  // namespace ringview::test
