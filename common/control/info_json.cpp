#include <ringview/control/codec.hpp>

#include "ring_spec_json.hpp"

namespace ringview::control {
namespace {

json::object producer_to_json(const ProducerInfo& p) {
    json::object o{{"id", p.id},       {"pid", p.pid},
                   {"uid", p.uid},     {"name", p.name},
                   {"alive", p.alive}, {"published", p.published},
                   {"full", p.full},   {"waits_for", p.waits_for}};
    // Only then, for a packet has no room for both.
    if (p.waits_for.empty()) o["claimed"] = p.claimed;
    return o;
}

ProducerInfo producer_from_json(const JsonReader& r) {
    ProducerInfo p;
    p.id = static_cast<unsigned>(r.number("id", UINT32_MAX));
    p.pid = r.signed_number("pid");
    p.uid = static_cast<std::uint32_t>(r.number("uid", UINT32_MAX));
    p.name = r.text("name");
    p.alive = r.flag("alive");
    p.published = r.number("published");
    p.full = r.number("full");
    p.waits_for = r.text_or("waits_for", "");
    p.claimed = static_cast<std::uint32_t>(r.number_or("claimed", 0, UINT32_MAX));
    return p;
}

json::value number_or_null(const std::optional<std::uint64_t>& number) {
    return number ? json::value(*number) : json::value();
}

json::object consumer_to_json(const ConsumerInfo& c) {
    return {{"name", c.name},
            {"pid", c.pid},
            {"uid", c.uid},
            {"policy", policy_name(c.policy)},
            {"durable", c.durable},
            {"alive", c.alive},
            {"pos", c.pos},
            {"lag", c.lag},
            {"lost", c.lost},
            {"held", c.held},
            {"waiting", c.waiting},
            {"skipped", c.skipped},
            {"evicted", c.evicted},
            {"lag_ns", number_or_null(c.lag_ns)},
            {"group", number_or_null(c.group)},
            {"delivered", number_or_null(c.delivered)},
            {"redelivered", number_or_null(c.redelivered)}};
}

ConsumerInfo consumer_from_json(const JsonReader& r) {
    ConsumerInfo c;
    c.name = r.text("name");
    c.pid = r.signed_number("pid");
    c.uid = static_cast<std::uint32_t>(r.number("uid", UINT32_MAX));
    c.policy = policy_member(r, Policy::lossless);
    c.durable = r.flag("durable");
    c.alive = r.flag("alive");
    c.pos = r.number("pos");
    c.lag = r.number("lag");
    c.lost = r.number("lost");
    c.held = r.number("held");
    c.waiting = r.flag("waiting");
    c.skipped = r.number_or("skipped", 0);
    c.evicted = r.flag_or("evicted", false);
    c.lag_ns = r.number_or_null("lag_ns");
    if (const auto group = r.number_or_null("group", UINT32_MAX)) c.group = static_cast<unsigned>(*group);
    c.delivered = r.number_or_null("delivered");
    c.redelivered = r.number_or_null("redelivered");
    return c;
}

json::object group_to_json(const GroupInfo& g) {
    return {{"id", g.id},
            {"name", g.name},
            {"uid", g.uid},
            {"durable", g.durable},
            {"members", g.members},
            {"next", g.next},
            {"pos", g.pos},
            {"lag", g.lag},
            {"lag_ns", number_or_null(g.lag_ns)},
            {"gone", g.gone},
            {"left_behind", g.left_behind}};
}

GroupInfo group_from_json(const JsonReader& r) {
    GroupInfo g;
    g.id = static_cast<unsigned>(r.number("id", UINT32_MAX));
    g.name = r.text("name");
    g.uid = static_cast<std::uint32_t>(r.number("uid", UINT32_MAX));
    g.durable = r.flag("durable");
    g.members = static_cast<unsigned>(r.number("members", UINT32_MAX));
    g.next = r.number("next");
    g.pos = r.number("pos");
    g.lag = r.number("lag");
    g.lag_ns = r.number_or_null("lag_ns");
    g.gone = static_cast<unsigned>(r.number_or("gone", 0, UINT32_MAX));
    g.left_behind = static_cast<std::uint32_t>(r.number_or("left_behind", 0, UINT32_MAX));
    return g;
}

json::object memory_to_json(const MemoryInfo& m) {
    json::array nodes;
    for (const NodeBytes& n : m.nodes) nodes.push_back(json::object{{"node", n.node}, {"bytes", n.bytes}});
    return {{"backend", backend_name(m.backend)}, {"page_bytes", m.page_bytes},
            {"huge_bytes", m.huge_bytes},         {"prefaulted_bytes", m.prefaulted_bytes},
            {"locked_bytes", m.locked_bytes},     {"swapped_bytes", m.swapped_bytes},
            {"nodes", std::move(nodes)},          {"note", m.note}};
}

MemoryInfo memory_from_json(const JsonReader& r) {
    MemoryInfo m;
    m.backend = backend_member(r);
    m.page_bytes = r.number("page_bytes");
    m.huge_bytes = r.number("huge_bytes");
    m.prefaulted_bytes = r.number("prefaulted_bytes");
    m.locked_bytes = r.number("locked_bytes");
    m.swapped_bytes = r.number("swapped_bytes");
    for (const JsonReader& n : r.objects_or_none("nodes"))
        m.nodes.push_back({static_cast<std::uint32_t>(n.number("node", UINT32_MAX)), n.number("bytes")});
    m.note = r.text_or("note", "");
    return m;
}

void add_members(json::object& object, const RingInfo& info) {
    json::array producers;
    for (const ProducerInfo& producer : info.producers) producers.push_back(producer_to_json(producer));
    json::array consumers;
    for (const ConsumerInfo& consumer : info.consumers) consumers.push_back(consumer_to_json(consumer));
    json::array groups;
    for (const GroupInfo& group : info.groups) groups.push_back(group_to_json(group));
    object["producers"] = std::move(producers);
    object["consumers"] = std::move(consumers);
    object["groups"] = std::move(groups);
}

}  // namespace

json::object info_to_json(const RingInfo& info, bool with_members) {
    json::object object{{"name", info.name},
                        {"format", info.format},
                        {"shape", to_json(info.shape)},
                        {"slots", info.slots},
                        {"slot_bytes", info.slot_bytes},
                        {"bytes", info.bytes},
                        {"head", info.head},
                        {"used", info.used},
                        {"published", info.published}};
    if (with_members) add_members(object, info);
    object["tombstones"] = info.tombstones;
    if (info.memory) object["memory"] = memory_to_json(*info.memory);
    return object;
}

RingInfo info_from_json(const JsonReader& r) {
    RingInfo info;
    info.name = r.text("name");
    info.format = r.text("format");
    info.shape = r.numbers_or_none("shape");
    info.slots = r.number("slots");
    info.slot_bytes = r.number("slot_bytes");
    info.bytes = r.number("bytes");
    info.head = r.number("head");
    info.used = r.number("used");
    info.published = r.number("published");
    info.tombstones = r.has("tombstones") ? r.number("tombstones") : 0;
    for (const JsonReader& producer : r.objects_or_none("producers"))
        info.producers.push_back(producer_from_json(producer));
    for (const JsonReader& consumer : r.objects_or_none("consumers"))
        info.consumers.push_back(consumer_from_json(consumer));
    for (const JsonReader& group : r.objects_or_none("groups")) info.groups.push_back(group_from_json(group));
    if (r.has("memory")) info.memory = memory_from_json(r.object("memory"));
    return info;
}

std::string rings_to_json(const std::vector<RingInfo>& rings, bool with_members) {
    json::array array;
    for (const RingInfo& ring : rings) array.push_back(info_to_json(ring, with_members));
    return json::serialize(json::object{{"rings", std::move(array)}});
}

}  // namespace ringview::control
