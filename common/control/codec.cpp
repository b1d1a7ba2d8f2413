#include <array>

#include <ringview/control/codec.hpp>

#include "ring_spec_json.hpp"
#include "utf8.hpp"

namespace ringview::control {
namespace {

/// A name for logs; a process's own name may be cut in the middle of a character.
constexpr std::size_t max_client_name_bytes = 64;
/// Of a message or a hint. Both repeat what somebody asked for, which may fill a packet itself; as JSON a byte becomes
/// up to six.
constexpr std::size_t max_error_text_bytes = 4096;
static_assert(12 * max_error_text_bytes + 256 < max_packet_bytes);

json::object envelope() {
    return {{"v", protocol_version}};
}

/// One overload a request: its op, its members out, its members in. The table below is all that knows the list of ops.
json::object members(const HelloRequest& r) {
    return {{"client", as_utf8(r.client, max_client_name_bytes)}};
}
json::object members(const CreateRequest& r) {
    return {{"ring", spec_to_json(r.spec)}};
}
json::object members(const RemoveRequest& r) {
    return {{"ring", r.ring}};
}
json::object members(const ListRequest& r) {
    return {{"after", r.after}};
}
json::object members(const StatRequest& r) {
    return {{"after", r.after}, {"ring", r.ring}};
}
json::object members(const AttachProducerRequest& r) {
    return {{"ring", r.ring}, {"name", r.name}};
}
json::object members(const AttachConsumerRequest& r) {
    json::object object{{"ring", r.ring},
                        {"name", r.name},
                        {"policy", policy_name(r.policy)},
                        {"start", start_name(r.start)},
                        {"durable", r.durable}};
    if (r.start_position) object["start_position"] = *r.start_position;
    if (!r.group.empty()) object["group"] = r.group;
    return object;
}
json::object members(const SubscribeRequest& r) {
    json::object object{
        {"ring", r.ring}, {"name", r.name}, {"policy", policy_name(r.policy)}, {"start", start_name(r.start)}};
    if (r.start_position) object["start_position"] = *r.start_position;
    if (!r.group.empty()) object["group"] = r.group;
    return object;
}
json::object members(const UnsubscribeRequest& r) {
    return {{"ring", r.ring}, {"name", r.name}};
}
json::object members(const EvictRequest& r) {
    return {{"ring", r.ring}, {"name", r.name}, {"force", r.force}};
}
json::object members(const DetachRequest& r) {
    return {{"endpoint", r.endpoint}};
}
json::object members(const BarrierRequest&) {
    return {};
}
json::object members(const ShutdownRequest&) {
    return {};
}

void read(const JsonReader& j, HelloRequest& r) {
    r.client = as_utf8(j.text_or("client", ""), max_client_name_bytes);
}
void read(const JsonReader& j, CreateRequest& r) {
    r.spec = spec_from_json(j.object("ring"));
}
void read(const JsonReader& j, RemoveRequest& r) {
    r.ring = j.text("ring");
}
void read(const JsonReader& j, ListRequest& r) {
    r.after = j.text_or("after", "");
}
void read(const JsonReader& j, StatRequest& r) {
    r.after = j.text_or("after", "");
    r.ring = j.text_or("ring", "");
}
void read(const JsonReader& j, AttachProducerRequest& r) {
    r.ring = j.text("ring");
    r.name = j.text_or("name", "");
}
void read(const JsonReader& j, AttachConsumerRequest& r) {
    r.ring = j.text("ring");
    r.name = j.text_or("name", "");
    r.policy = policy_member(j, r.policy);
    r.start = start_member(j, r.start);
    r.durable = j.flag_or("durable", r.durable);
    if (j.has("start_position")) r.start_position = j.number("start_position");
    r.group = j.text_or("group", "");
}
void read(const JsonReader& j, SubscribeRequest& r) {
    r.ring = j.text("ring");
    r.group = j.text_or("group", "");
    r.name = r.group.empty() ? j.text("name") : j.text_or("name", "");
    r.policy = policy_member(j, r.policy);
    r.start = start_member(j, r.start);
    if (j.has("start_position")) r.start_position = j.number("start_position");
}
void read(const JsonReader& j, UnsubscribeRequest& r) {
    r.ring = j.text("ring");
    r.name = j.text("name");
}
void read(const JsonReader& j, EvictRequest& r) {
    r.ring = j.text("ring");
    r.name = j.text("name");
    r.force = j.flag_or("force", r.force);
}
void read(const JsonReader& j, DetachRequest& r) {
    r.endpoint = j.number("endpoint");
}
void read(const JsonReader&, BarrierRequest&) {}
void read(const JsonReader&, ShutdownRequest&) {}

template <class R>
Request read_request(const JsonReader& reader) {
    R request;
    read(reader, request);
    return request;
}

struct Op {
    const char* name;
    Request (*read)(const JsonReader&);
};

/// In the order of the variant's alternatives.
constexpr std::array ops{
    Op{"hello", read_request<HelloRequest>},
    Op{"create", read_request<CreateRequest>},
    Op{"remove", read_request<RemoveRequest>},
    Op{"list", read_request<ListRequest>},
    Op{"stat", read_request<StatRequest>},
    Op{"attach_producer", read_request<AttachProducerRequest>},
    Op{"attach_consumer", read_request<AttachConsumerRequest>},
    Op{"subscribe", read_request<SubscribeRequest>},
    Op{"unsubscribe", read_request<UnsubscribeRequest>},
    Op{"evict", read_request<EvictRequest>},
    Op{"detach", read_request<DetachRequest>},
    Op{"barrier", read_request<BarrierRequest>},
    Op{"shutdown", read_request<ShutdownRequest>},
};
static_assert(ops.size() == std::variant_size_v<Request>);

json::object members(const OkReply&) {
    return {};
}
json::object members(const HelloReply& r) {
    return {{"daemon_version", r.daemon_version}, {"instance", r.instance}, {"pid", r.pid}};
}
json::object members(const CreateReply& r) {
    return {{"created", r.created}};
}
json::object members(const RingsReply& r) {
    json::array rings;
    for (const RingInfo& ring : r.rings) rings.push_back(info_to_json(ring, true));
    return {{"rings", std::move(rings)}, {"has_more", r.has_more}};
}
json::object members(const AttachReply& r) {
    json::object object{{"endpoint", r.endpoint}, {"index", r.index}, {"position", r.position},
                        {"name", r.name},         {"lost", r.lost},   {"prefault", r.prefault}};
    if (r.group) object["group"] = *r.group;
    return object;
}
json::object members(const SubscribeReply& r) {
    return {{"created", r.created}, {"position", r.position}};
}

void read(const JsonReader&, OkReply&) {}
void read(const JsonReader& j, HelloReply& r) {
    r.daemon_version = j.text("daemon_version");
    r.instance = j.text("instance");
    r.pid = j.signed_number("pid");
}
void read(const JsonReader& j, CreateReply& r) {
    r.created = j.flag("created");
}
void read(const JsonReader& j, RingsReply& r) {
    for (const JsonReader& ring : j.objects_or_none("rings")) r.rings.push_back(info_from_json(ring));
    r.has_more = j.flag_or("has_more", false);
}
void read(const JsonReader& j, AttachReply& r) {
    r.endpoint = j.number("endpoint");
    r.index = j.number("index", UINT32_MAX);
    r.position = j.number("position");
    r.name = j.text_or("name", "");
    r.lost = j.number_or("lost", 0);
    r.prefault = j.flag_or("prefault", false);
    if (j.has("group")) r.group = j.number("group", UINT32_MAX);
}
void read(const JsonReader& j, SubscribeReply& r) {
    r.created = j.flag("created");
    r.position = j.number("position");
}

std::string packed(json::object head, json::object body) {
    for (auto& member : body) head.emplace(member.key(), std::move(member.value()));
    return json::serialize(head);
}

/// The other side would only see that the packet is not JSON.
void check_text(std::string_view name, const json::value& value) {
    if (value.is_object()) {
        for (const auto& member : value.get_object()) check_text(member.key(), member.value());
    } else if (value.is_array()) {
        for (const json::value& element : value.get_array()) check_text(name, element);
    } else if (value.is_string()) {
        const std::string_view text = value.get_string();
        const std::size_t good = utf8_bytes(text);
        if (good == text.size()) return;
        constexpr std::string_view digits = "0123456789abcdef";
        const auto bad = static_cast<unsigned char>(text[good]);
        throw Error(Error::invalid, "the " + std::string(name) + " is not UTF-8: byte " + std::to_string(good) +
                                        " of it is 0x" + digits[bad >> 4] + digits[bad & 0xF]);
    }
}

void check_version(const JsonReader& reader) {
    const std::int64_t version = reader.signed_number("v");
    if (version == protocol_version) return;
    throw Error(
        Error::version,
        "the packet has protocol version " + std::to_string(version) + ", expected " + std::to_string(protocol_version),
        "use the same major version of ringview in the daemon and its clients");
}

}  // namespace

std::string encode(const Request& request) {
    json::object head = envelope();
    head["op"] = ops[request.index()].name;
    json::object body = std::visit([](const auto& r) { return members(r); }, request);
    for (const auto& member : body) check_text(member.key(), member.value());
    return packed(std::move(head), std::move(body));
}

Request decode_request(std::string_view packet) {
    const json::value value = parse_packet(packet);
    const JsonReader reader(value.get_object(), "");
    check_version(reader);
    const std::string name = reader.text("op");
    for (const Op& op : ops) {
        if (name == op.name) return op.read(reader);
    }
    throw Error(Error::unsupported, "this daemon knows no op \"" + name.substr(0, 40) + "\"");
}

std::string encode(const Reply& reply) {
    json::object head = envelope();
    head["ok"] = true;
    return packed(std::move(head), std::visit([](const auto& r) { return members(r); }, reply));
}

std::string encode(const Error& error) {
    const auto code = static_cast<Error::Code>(error.code().value());
    json::object head = envelope();
    head["error"] = json::object{{"code", code_name(code)},
                                 {"message", as_utf8(error.message(), max_error_text_bytes)},
                                 {"hint", as_utf8(error.hint(), max_error_text_bytes)}};
    return json::serialize(head);
}

template <class R>
R decode_reply(std::string_view packet) {
    const json::value value = parse_packet(packet);
    const JsonReader reader(value.get_object(), "");
    check_version(reader);
    if (reader.has("error")) {
        const JsonReader error = reader.object("error");
        throw Error(code_from_name(error.text("code")), error.text("message"), error.text_or("hint", ""));
    }
    if (!reader.flag("ok")) reader.refuse("ok", "true");
    R reply;
    read(reader, reply);
    return reply;
}

template OkReply decode_reply<OkReply>(std::string_view);
template HelloReply decode_reply<HelloReply>(std::string_view);
template CreateReply decode_reply<CreateReply>(std::string_view);
template RingsReply decode_reply<RingsReply>(std::string_view);
template AttachReply decode_reply<AttachReply>(std::string_view);
template SubscribeReply decode_reply<SubscribeReply>(std::string_view);

}  // namespace ringview::control
