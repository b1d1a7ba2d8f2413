#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <set>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/lost_pages.hpp>
#include <ringview/platform/membarrier.hpp>
#include <ringview/platform/paths.hpp>
#include <ringview/platform/stop_signals.hpp>
#include <ringview/server.hpp>
#include <spdlog/spdlog.h>

#include "clients.hpp"
#include "daemon_place.hpp"
#include "log.hpp"
#include "registry.hpp"
#include "session.hpp"
#include "stale_segments.hpp"
#include "turn.hpp"
#include "version.hpp"

namespace ringview {
namespace {

using namespace server;
using Descriptor = boost::asio::posix::stream_descriptor;

/// After accept has run out of descriptors: long enough not to burn a processor, short enough not to be noticed.
constexpr std::chrono::milliseconds accept_pause{100};

/// Before the line of a dead producer is looked at again that waits for another, or the place of a dead member: a peer
/// that runs clears the way within microseconds, one that stands still may take as long as it likes.
constexpr std::chrono::milliseconds recovery_pause{20};

}  // namespace

/// The event loop and everything on it. All members but stop() belong to the thread that runs the loop.
class Server::Implementation {
 public:
    explicit Implementation(ServerOptions options)
        : options_(std::move(options)),
          log_(make_log(options_.log_level)),
          place_(options_.socket, options_.instance),
          registry_(place_.instance(), options_.limits, platform::current_uid(), platform::has_membarrier()),
          context_{registry_,
                   *log_,
                   place_.instance(),
                   platform::current_uid(),
                   [this](const ProcessKey& key) { return clients_.is_alive(key); },
                   [this] { recover(); },
                   [this] { finish(); },
                   [this] { schedule_stall_check(); },
                   [this] { tell_losses(); }},
          listener_(loop_),
          accept_timer_(loop_),
          stall_timer_(loop_),
          recovery_timer_(loop_),
          signals_(loop_),
          clients_(loop_, options_.limits, context_) {
        make_configured_rings(clear_leftovers());
        schedule_stall_check();
        listener_.assign(place_.listen(options_.socket_mode).release());
        accept_next();
        log_->info("ringviewd {} listens at {}, instance {}", version, socket(), instance());
    }

    ~Implementation() {
        clients_.release_dead();
        for (const std::string& ring : registry_.rings_in_use()) {
            log_->warn("ring {} is still in use; its clients keep it", ring);
        }
        if (listener_.is_open()) platform::remove_file(socket());
    }

    void run(bool handle_signals) {
        if (handle_signals) wait_for_signals();
        serve();
    }

    void start() {
        thread_ = std::thread([this] { serve(); });
    }

    void stop() noexcept {
        try {
            boost::asio::post(loop_, [this] { finish(); });
        } catch (const std::exception&) {
            loop_.stop();
        }
    }

    void join() {
        if (thread_.joinable()) thread_.join();
    }

    const std::string& socket() const noexcept { return place_.socket_path(); }
    const std::string& instance() const noexcept { return place_.instance(); }

 private:
    /// Whatever goes wrong while one client is seen to, there are others.
    void serve() {
        platform::LostPages::let_faults_through();
        while (!loop_.stopped()) {
            try {
                loop_.run();
            } catch (const std::exception& error) {
                log_->critical("an event could not be seen to: {}", error.what());
            }
        }
    }

    template <class Work>
    void attempt(const char* what, const Work& work) {
        try {
            work();
        } catch (const std::exception& error) {
            log_->error("{} must wait: {}", what, error.what());
        }
    }

    /// Of an earlier daemon. Returns the rings that had to be left alone.
    std::set<std::string> clear_leftovers() {
        std::set<std::string> left_alone;
        for (const StaleRing& stale : clear_stale_segments(instance())) {
            if (stale.is_removed) {
                log_->info("ring {} of a dead daemon removed", stale.name);
                continue;
            }
            left_alone.insert(stale.name);
            if (!stale.users.empty())
                log_->warn("ring {} of a dead daemon is left alone: {} of its clients live", stale.name,
                           stale.users.size());
            else
                log_->warn("ring {} of a dead daemon is left alone: {}", stale.name, stale.obstacle);
        }
        return left_alone;
    }

    void make_configured_rings(const std::set<std::string>& left_alone) {
        for (const RingSpec& spec : options_.rings) {
            // The other rings, and the clients that still exchange data, are better off with a daemon than without.
            if (left_alone.contains(spec.name)) {
                log_->error("ring {} of the configuration is not made: a dead daemon's is in its place (see above)",
                            spec.name);
                continue;
            }
            registry_.create({platform::current_uid(), 0, {}}, spec);
            log_->info("ring {} created from the configuration", spec.name);
            const std::string& note = registry_.memory_note(spec.name);
            if (!note.empty()) log_->warn("ring {}: {}", spec.name, note);
        }
        for (const DurableSubscription& subscription : options_.subscriptions) {
            if (left_alone.contains(subscription.ring)) continue;
            registry_.subscribe(
                {platform::current_uid(), 0, {}},
                {subscription.ring, subscription.is_group ? std::string{} : subscription.name, subscription.policy,
                 Start::next, std::nullopt, subscription.is_group ? subscription.name : std::string{}});
        }
    }

    /// Also where one is scheduled already: a new ring may want it sooner.
    void schedule_stall_check() {
        const auto period = registry_.stall_check_period();
        if (!period) return;
        stall_timer_.expires_after(*period);
        stall_timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            attempt("eviction", [this] { evict_stalled(); });
            schedule_stall_check();
        });
    }

    void evict_stalled() {
        for (const Evicted& evicted : registry_.evict_stalled(std::chrono::steady_clock::now())) {
            log_->warn("ring {}: consumer {} (pid {}) evicted: it has released nothing for the ring's stall timeout",
                       evicted.ring, evicted.subscription, evicted.pid);
        }
        tell_losses();
    }

    void tell_losses() {
        for (const std::string& ring : registry_.newly_lost())
            log_->error("ring {}: a client has taken its memory away; nobody else is let in", ring);
    }

    void wait_for_signals() {
        signals_.add(SIGINT);
        signals_.add(SIGTERM);
        if (!platform::is_ignored(SIGHUP)) signals_.add(SIGHUP);
        platform::release_stop_signals();
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (error) return;
            log_->info("ends: signal {}", signal);
            finish();
        });
    }

    void finish() {
        boost::system::error_code ignored;
        // What was asked before is answered first: the loop ends behind it.
        boost::asio::post(loop_, [this] { loop_.stop(); });
        accept_timer_.cancel();
        stall_timer_.cancel();
        recovery_timer_.cancel();
        signals_.cancel(ignored);
    }

    void accept_next() {
        listener_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
            if (error) return;
            try {
                for (Turn turn; turn.goes_on();) {
                    platform::UniqueFd socket = platform::accept_from(listener_.native_handle());
                    if (!socket.is_open()) break;
                    if (std::exchange(is_out_of_descriptors_, false)) log_->info("clients are accepted again");
                    clients_.admit(std::move(socket));
                }
                accept_next();
            } catch (const std::exception& accept_error) {
                // Once, not at each of the looks that follow: they would fill the log.
                if (!std::exchange(is_out_of_descriptors_, true))
                    log_->error("{}: clients wait until that is over", accept_error.what());
                accept_timer_.expires_after(accept_pause);
                accept_timer_.async_wait([this](const boost::system::error_code& timer_error) {
                    if (!timer_error) accept_next();
                });
            }
        });
    }

    /// What a dead producer had claimed may have to wait until another has gone on; the place of a dead member of a
    /// group, until others have taken what it left.
    void recover() {
        bool is_settled = false;
        attempt("recovery", [&] { is_settled = try_to_recover(); });
        if (is_settled) return;
        recovery_timer_.expires_after(recovery_pause);
        recovery_timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) recover();
        });
    }

    /// False where something must wait.
    bool try_to_recover() {
        std::vector<std::string> unfinished = registry_.recover_producers();
        for (const std::string& ring : unfinished) {
            if (std::find(unrecovered_.begin(), unrecovered_.end(), ring) == unrecovered_.end())
                log_->warn("ring {}: the line of a dead producer waits for another, see ringview stat", ring);
        }
        unrecovered_ = std::move(unfinished);
        tell_losses();
        const bool is_settled = registry_.settle_members();
        return is_settled && unrecovered_.empty();
    }

    ServerOptions options_;
    std::shared_ptr<spdlog::logger> log_;
    DaemonPlace place_;
    Registry registry_;
    SessionContext context_;
    boost::asio::io_context loop_;
    Descriptor listener_;
    boost::asio::steady_timer accept_timer_;
    bool is_out_of_descriptors_ = false;  ///< so that accept fails
    boost::asio::steady_timer stall_timer_;
    boost::asio::steady_timer recovery_timer_;
    std::vector<std::string> unrecovered_;  ///< rings with a producer line that waits for another
    boost::asio::signal_set signals_;
    Clients clients_;
    std::thread thread_;
};

Server::Server(ServerOptions options) : implementation_(std::make_unique<Implementation>(std::move(options))) {}

Server::~Server() {
    stop();
    implementation_->join();
}

void Server::run(bool handle_signals) {
    implementation_->run(handle_signals);
}
void Server::start() {
    implementation_->start();
}
void Server::stop() noexcept {
    implementation_->stop();
}
const std::string& Server::socket() const noexcept {
    return implementation_->socket();
}
const std::string& Server::instance() const noexcept {
    return implementation_->instance();
}

}  // namespace ringview
