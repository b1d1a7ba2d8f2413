#include "cases.hpp"

#include <algorithm>

#include "transports/bare_slots.hpp"
#include "transports/boost_message_queue.hpp"
#include "transports/byte_stream.hpp"
#include "transports/cache_line.hpp"
#include "transports/copied_buffer.hpp"
#include "transports/futex_words.hpp"
#include "transports/paced.hpp"
#include "transports/posix_mq.hpp"
#include "transports/ringview_batches.hpp"
#include "transports/ringview_ring.hpp"
#include "transports/spsc_queue.hpp"
#include "transports/thoughtful.hpp"
#ifdef RINGVIEW_BENCH_ZEROMQ
#include "transports/zeromq.hpp"
#endif

namespace ringview::bench {
namespace {

class Cases {
 public:
    Cases(std::string daemon_socket, const Cpus& cpus, const Effort& effort)
        : daemon_socket_(std::move(daemon_socket)), cpus_(cpus), effort_(effort) {}

    std::vector<Comparison> all() {
        add_round_trips();
        add_throughput();
        add_sleeps();
        return std::move(comparisons_);
    }

 private:
    std::uint64_t scaled(std::uint64_t count) const {
        return std::max<std::uint64_t>(100, static_cast<std::uint64_t>(static_cast<double>(count) * effort_.scale));
    }

    template <class Transport>
    std::function<Measured()> round_trips(std::size_t bytes, std::uint64_t depth, Waiting waiting, Cpus cpus,
                                          std::uint64_t rounds) const {
        const TransportParameters parameters{bytes, depth, daemon_socket_};
        return [=] { return round_trip<Transport>(parameters, cpus, waiting, rounds); };
    }
    template <class Transport>
    std::function<Measured()> one_way(std::uint64_t depth, std::uint64_t messages, std::size_t bytes = 64) const {
        const TransportParameters parameters{bytes, depth, daemon_socket_};
        return [=, cpus = cpus_] { return throughput<Transport>(parameters, cpus, messages); };
    }

    void add_round_trips() {
        constexpr std::size_t small = 64;
        constexpr std::size_t large = std::size_t{1} << 20;
        constexpr std::uint64_t depth = 1024;  // the ring of the throughput rows: one ring has to do for both
        constexpr std::uint64_t large_depth = 16;
        const std::uint64_t rounds = scaled(20000);
        const auto ours = round_trips<RingviewRing>(small, depth, Waiting::spin, cpus_, rounds);
        const auto add = [&](const char* baseline, double target, bool by_level, std::function<Measured()> theirs) {
            comparisons_.push_back(
                {"rtt", "rtt/64B/spin", "ns", baseline, target, false, by_level, ours, std::move(theirs)});
        };
        add(CacheLine::name, 1.00, true, round_trips<CacheLine>(small, depth, Waiting::spin, cpus_, rounds));
        add(BareSlots<>::name, 0, true, round_trips<BareSlots<>>(small, depth, Waiting::spin, cpus_, rounds));
        add(BoostMessageQueue::name, 0, false,
            round_trips<BoostMessageQueue>(small, depth, Waiting::spin, cpus_, rounds / 4));
        add(Pipe::name, 0, false, round_trips<Pipe>(small, depth, Waiting::spin, cpus_, rounds / 10));
        add(UnixSocket::name, 0, false, round_trips<UnixSocket>(small, depth, Waiting::spin, cpus_, rounds / 10));
        comparisons_.push_back({"rtt", "rtt/64B/bare_slots", "ns", BareSlots<true>::name, 0, false, true,
                                round_trips<BareSlots<>>(small, depth, Waiting::spin, cpus_, rounds),
                                round_trips<BareSlots<true>>(small, depth, Waiting::spin, cpus_, rounds)});
        comparisons_.push_back({"rtt", "rtt/64B/spin/16slots", "ns", BareSlots<>::name, 0, false, true,
                                round_trips<RingviewRing>(small, large_depth, Waiting::spin, cpus_, rounds),
                                round_trips<BareSlots<>>(small, large_depth, Waiting::spin, cpus_, rounds)});
        // Header and payload in one cache line: as many lines as the bare ping-pong moves.
        comparisons_.push_back({"rtt", "rtt/48B/spin", "ns", CacheLine::name, 0, false, true,
                                round_trips<RingviewRing>(short_payload_bytes, depth, Waiting::spin, cpus_, rounds),
                                round_trips<CacheLine>(short_payload_bytes, depth, Waiting::spin, cpus_, rounds)});
        comparisons_.push_back({"rtt", "rtt/48B/spin", "ns", BareSlots<>::name, 0, false, true,
                                round_trips<RingviewRing>(short_payload_bytes, depth, Waiting::spin, cpus_, rounds),
                                round_trips<BareSlots<>>(short_payload_bytes, depth, Waiting::spin, cpus_, rounds)});
        comparisons_.push_back(
            {"rtt", "rtt/4KiB/spin", "ns", CopiedBuffer::name, 0, false, true,
             round_trips<RingviewRing>(page_payload_bytes, large_depth, Waiting::spin, cpus_, rounds),
             round_trips<CopiedBuffer>(page_payload_bytes, large_depth, Waiting::spin, cpus_, rounds)});
        comparisons_.push_back({"rtt", "rtt/1MiB/spin", "ns", "rtt/64B/spin", 1.75, false, true,
                                round_trips<RingviewRing>(large, large_depth, Waiting::spin, cpus_, rounds), ours});
    }

    void add_throughput() {
        constexpr std::uint64_t depth = 1024;
        const std::uint64_t messages = scaled(4'000'000);
        const auto ours = one_way<RingviewRing>(depth, messages);
        add_other_throughput(depth, messages);
        const auto add = [&](const char* baseline, double target, bool by_level, std::function<Measured()> theirs) {
            comparisons_.push_back({"throughput", "throughput/64B/1p1c", "M msg/s", baseline, target, true, by_level,
                                    ours, std::move(theirs)});
        };
        add(SpscQueue::name, 1.5, true, one_way<SpscQueue>(depth, messages));
        add(BareSlots<>::name, 0, true, one_way<BareSlots<>>(depth, messages));
        add(BoostMessageQueue::name, 0, false, one_way<BoostMessageQueue>(depth, messages / 20));
        add(Pipe::name, 0, false, one_way<Pipe>(depth, messages / 20));
        add(PosixMq::name, 0, false, one_way<PosixMq>(depth, messages / 20));
        add(UnixSocket::name, 0, false, one_way<UnixSocket>(depth, messages / 20));
#ifdef RINGVIEW_BENCH_ZEROMQ
        add(ZeroMq::name, 0, false, one_way<ZeroMq>(depth, messages / 20));
#endif
    }

    void add_other_throughput(std::uint64_t depth, std::uint64_t messages) {
        constexpr std::uint64_t deep = 65536;
        const auto add = [&](const char* case_name, const char* baseline, double target, std::function<Measured()> ours,
                             std::function<Measured()> theirs) {
            comparisons_.push_back(
                {"throughput", case_name, "M msg/s", baseline, target, true, true, std::move(ours), std::move(theirs)});
        };
        add("throughput/64B/1p1c/deep", SpscQueue::name, 2.5, one_way<RingviewRing>(deep, 4 * messages),
            one_way<SpscQueue>(deep, 4 * messages));
        add("throughput/64B/bare_slots/deep", SpscQueue::name, 0, one_way<BareSlots<>>(deep, 4 * messages),
            one_way<SpscQueue>(deep, 4 * messages));
        add("throughput/64B/1p1c/batch32", SpscQueue::name, 2, one_way<RingviewBatches>(depth, messages),
            one_way<SpscQueue>(depth, messages));
        // What is possible with one line a message, whatever moves it.
        add("throughput/48B/bare_slots", SpscQueue::name, 0, one_way<BareSlots<>>(depth, messages, short_payload_bytes),
            one_way<SpscQueue>(depth, messages));
        // The same pace for both, so that nothing is lost.
        add("throughput/64B/1p1c/lossy", "lossless", 0.95, one_way<Paced<RingviewWith<Policy::lossy>>>(depth, messages),
            one_way<Paced<RingviewRing>>(depth, messages));
    }

    void add_sleeps() {
        const std::uint64_t rounds = scaled(2000);
        const Cpus one_cpu{cpus_.ours, cpus_.ours};
        const auto add = [&](const char* case_name, Cpus cpus, const char* baseline, double target,
                             std::function<Measured()> theirs) {
            comparisons_.push_back({"rtt", case_name, "ns", baseline, target, false, false,
                                    round_trips<RingviewRing>(64, 16, Waiting::sleep, cpus, rounds),
                                    std::move(theirs)});
        };
        for (const auto& [case_name, cpus, target] :
             {std::tuple{"rtt/64B/sleep/1cpu", one_cpu, 1.25}, std::tuple{"rtt/64B/sleep/2cpus", cpus_, 0.0}}) {
            add(case_name, cpus, FutexWords::name, target,
                round_trips<FutexWords>(64, 16, Waiting::sleep, cpus, rounds));
            add(case_name, cpus, BoostMessageQueue::name, 0,
                round_trips<BoostMessageQueue>(64, 16, Waiting::sleep, cpus, rounds));
            add(case_name, cpus, Pipe::name, 0, round_trips<Pipe>(64, 16, Waiting::sleep, cpus, rounds));
            add(case_name, cpus, PosixMq::name, 0, round_trips<PosixMq>(64, 16, Waiting::sleep, cpus, rounds));
            add(case_name, cpus, UnixSocket::name, 0, round_trips<UnixSocket>(64, 16, Waiting::sleep, cpus, rounds));
#ifdef RINGVIEW_BENCH_ZEROMQ
            add(case_name, cpus, ZeroMq::name, 0, round_trips<ZeroMq>(64, 16, Waiting::sleep, cpus, rounds));
#endif
        }
        // Above, a peer on a processor of its own answers before anybody sleeps.
        comparisons_.push_back({"rtt", "rtt/64B/sleep/2cpus/thoughtful", "ns", FutexWords::name, 1.10, false, false,
                                round_trips<Thoughtful<RingviewRing>>(64, 16, Waiting::sleep, cpus_, rounds),
                                round_trips<Thoughtful<FutexWords>>(64, 16, Waiting::sleep, cpus_, rounds)});
    }

    std::string daemon_socket_;
    Cpus cpus_;
    Effort effort_;
    std::vector<Comparison> comparisons_;
};

struct Pair {
    Measured ours;
    Measured theirs;
    double level = 0;
};

std::vector<double> column(const std::vector<Pair>& pairs, double (*value)(const Pair&)) {
    std::vector<double> values(pairs.size());
    std::transform(pairs.begin(), pairs.end(), values.begin(), value);
    return values;
}

}  // namespace

std::vector<Comparison> all_comparisons(const std::string& daemon_socket, const Cpus& cpus, const Effort& effort) {
    return Cases(daemon_socket, cpus, effort).all();
}

Figure compare(const Comparison& c, const Cpus& cpus, const Effort& effort) {
    std::vector<Pair> pairs;
    unsigned tries = 0;
    for (; pairs.size() < effort.pairs && tries < effort.most_tries; ++tries) {
        Pair pair;
        pair.level = cache_line_level(cpus);
        pair.ours = c.ours();
        const double between = cache_line_level(cpus);
        pair.theirs = c.theirs();
        const double after = cache_line_level(cpus);
        const bool is_one_level =
            is_same_level(pair.level, between) && is_same_level(between, after) && is_same_level(pair.level, after);
        if (is_one_level || !c.is_bound_to_level) pairs.push_back(pair);
    }
    Figure f{c.bench,
             c.case_name,
             0,
             0,
             c.unit,
             c.baseline,
             0,
             0,
             c.target,
             c.is_rate,
             0,
             static_cast<unsigned>(pairs.size()),
             tries - static_cast<unsigned>(pairs.size()),
             0,
             0};
    if (pairs.empty()) return f;
    f.value = median(column(pairs, [](const Pair& p) { return p.ours.p50; }));
    f.p99 = median(column(pairs, [](const Pair& p) { return p.ours.p99; }));
    f.baseline_value = median(column(pairs, [](const Pair& p) { return p.theirs.p50; }));
    std::vector<double> ratios = column(pairs, [](const Pair& p) { return p.ours.p50 / p.theirs.p50; });
    f.ratio_low = quantile(ratios, 0.25);
    f.ratio = quantile(ratios, 0.5);
    f.ratio_high = quantile(ratios, 0.75);
    f.level_ns = median(column(pairs, [](const Pair& p) { return p.level; }));
    return f;
}

}  // namespace ringview::bench
