#include <iterator>
#include <utility>

#include <ringview/client.hpp>
#include <ringview/platform/error.hpp>

#include "connection.hpp"

namespace ringview {
namespace {

/// Asks for page after page.
template <class Request>
std::vector<RingInfo> all_pages(detail::Connection& connection, Request request) {
    std::vector<RingInfo> rings;
    for (;;) {
        auto page = connection.call<control::RingsReply>(request);
        std::move(page.rings.begin(), page.rings.end(), std::back_inserter(rings));
        if (!page.has_more || rings.empty()) return rings;
        request.after = rings.back().name;
    }
}

template <class Options>
ring::WaitOptions wait_options(const Options& options) {
    if (options.spin_time.count() < 0 || options.spin_time > ring::longest_spin_time) {
        throw Error(Error::invalid,
                    "the spin time is " + std::to_string(options.spin_time.count()) + " ns, 0 to " +
                        std::to_string(ring::longest_spin_time.count()) + " are allowed",
                    "to poll for ever, choose Waiting::spin");
    }
    return {options.waiting, options.spin_time};
}

void check_format(const std::string& ring, const Format& has, const Format& wanted) {
    if (has == wanted) return;
    throw Error(
        Error::type_mismatch,
        "ring " + ring + " has another layout\n" + describe_difference(has, wanted, "the ring has", "you asked for"),
        "use the type the ring was made for, or attach without a type");
}

}  // namespace

Client Client::connect(const ConnectOptions& options) {
    return Client(std::make_shared<detail::Connection>(options.socket));
}

const std::shared_ptr<detail::Connection>& Client::connection() const {
    if (connection_ == nullptr) throw Error(Error::closed, "this client was moved from");
    return connection_;
}

bool Client::create(const RingSpec& spec) {
    return connection()->call<control::CreateReply>(control::CreateRequest{spec}).created;
}

void Client::remove(const std::string& name) {
    connection()->call<control::OkReply>(control::RemoveRequest{name});
}

std::vector<RingInfo> Client::rings() {
    return all_pages(*connection(), control::ListRequest{});
}

std::vector<RingInfo> Client::stat() {
    return all_pages(*connection(), control::StatRequest{});
}

RingInfo Client::stat(const std::string& name) {
    return connection()->call<control::RingsReply>(control::StatRequest{{}, name}).rings.at(0);
}

bool Client::subscribe(const std::string& ring, const ConsumerOptions& subscription) {
    return connection()
        ->call<control::SubscribeReply>(control::SubscribeRequest{ring, subscription.name, subscription.policy,
                                                                  subscription.start, subscription.start_position,
                                                                  subscription.group})
        .created;
}

void Client::unsubscribe(const std::string& ring, const std::string& subscription) {
    connection()->call<control::OkReply>(control::UnsubscribeRequest{ring, subscription});
}

void Client::evict(const std::string& ring, const std::string& subscription, Evict how) {
    connection()->call<control::OkReply>(control::EvictRequest{ring, subscription, how == Evict::by_force});
}

void Client::shut_down_daemon() {
    connection()->call<control::OkReply>(control::ShutdownRequest{});
}

const std::string& Client::socket() const noexcept {
    static const std::string none;
    return connection_ == nullptr ? none : connection_->socket();
}

detail::CorePtr<detail::ProducerCore> Client::attach_producer(const std::string& ring, const ProducerOptions& options) {
    const ring::WaitOptions waits = wait_options(options);
    return detail::CorePtr<detail::ProducerCore>(new detail::ProducerCore(
        connection()->attach(control::AttachProducerRequest{ring, options.name}), connection(), waits));
}

detail::CorePtr<detail::ConsumerCore> Client::attach_consumer(const std::string& ring, const ConsumerOptions& options) {
    const ring::WaitOptions waits = wait_options(options);
    const control::AttachConsumerRequest request{
        ring, options.name, options.policy, options.start, options.durable, options.start_position, options.group};
    detail::Grant grant = connection()->attach(request);
    if (!options.group.empty() && !grant.group) {
        connection()->detach(grant.endpoint_id);
        throw Error(Error::version, "the daemon knows no groups: it would give each member every message",
                    "use a newer ringviewd");
    }
    return detail::CorePtr<detail::ConsumerCore>(
        new detail::ConsumerCore(std::move(grant), connection(), options.policy, waits));
}

void Client::check_type(const detail::Attachment& attachment, const Format& wanted) {
    check_format(attachment.header().name, attachment.shape().format(), wanted);
}

void Client::check_type_before(const std::string& ring, const ConsumerOptions& options, const Format& wanted) {
    if (options.durable) check_format(ring, Format::parse(stat(ring).format), wanted);
}

}  // namespace ringview
