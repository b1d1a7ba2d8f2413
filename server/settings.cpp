#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <string_view>

#include <ringview/control/codec.hpp>
#include <ringview/control/ring_name.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/server.hpp>
#include <toml++/toml.h>

#include "ring_plan.hpp"

namespace ringview {
namespace {

/// One table of the file: members of a type and within bounds, or an error that names file, line and member.
class TableReader {
 public:
    TableReader(const toml::table& table, std::string file, std::string path)
        : table_(table), file_(std::move(file)), path_(std::move(path)) {}

    /// Throws for a member that is none of these: a misspelt setting must not go unnoticed.
    void allow_only(std::initializer_list<std::string_view> known) const {
        for (const auto& [key, node] : table_) {
            if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
            std::string names;
            for (const std::string_view name : known) names += (names.empty() ? "" : ", ") + std::string(name);
            fail(node, path_ + std::string(key.str()) + " is not known here; there are: " + names);
        }
    }

    void read(std::string_view member, std::string& value) const { read_as(member, value, "a string"); }
    void read(std::string_view member, bool& value) const { read_as(member, value, "true or false"); }

    template <class Number>
    requires std::is_unsigned_v<Number>
    void read_number(std::string_view member, Number& value) const {
        std::int64_t number = 0;
        if (!read_as(member, number, "a whole number")) return;
        if (number < 0 || static_cast<std::uint64_t>(number) > std::numeric_limits<Number>::max()) {
            fail(*table_.get(member), path_ + std::string(member) + " is out of range: " + std::to_string(number));
        }
        value = static_cast<Number>(number);
    }

    template <class Element>
    void read_list(std::string_view member, std::vector<Element>& values, const char* expected) const {
        const toml::node* node = table_.get(member);
        if (node == nullptr) return;
        const toml::array* array = node->as_array();
        if (array == nullptr) fail(*node, path_ + std::string(member) + " must be an array of " + expected);
        values.clear();
        for (const toml::node& element : *array) {
            const auto value = element.value_exact<Element>();
            if (!value) fail(element, path_ + std::string(member) + " must be an array of " + expected);
            values.push_back(*value);
        }
    }

    template <class Visit>
    void visit_table(std::string_view member, Visit&& visit) const {
        const toml::node* node = table_.get(member);
        if (node == nullptr) return;
        if (!node->is_table()) fail(*node, path_ + std::string(member) + " must be a table");
        visit(TableReader(*node->as_table(), file_, path_ + std::string(member) + "."));
    }

    template <class Visit>
    void visit_tables(std::string_view member, Visit&& visit) const {
        const toml::node* node = table_.get(member);
        if (node == nullptr) return;
        if (!node->is_array_of_tables())
            fail(*node, "[[" + path_ + std::string(member) + "]] must be an array of tables");
        for (const toml::node& element : *node->as_array()) {
            visit(TableReader(*element.as_table(), file_, path_ + std::string(member) + "."));
        }
    }

    bool has(std::string_view member) const { return table_.contains(member); }
    [[noreturn]] void fail_member(std::string_view member, const std::string& what) const {
        fail(*table_.get(member), what);
    }
    [[noreturn]] void fail_table(const std::string& what) const { fail(table_, what); }

 private:
    template <class Value>
    bool read_as(std::string_view member, Value& value, const char* expected) const {
        const toml::node* node = table_.get(member);
        if (node == nullptr) return false;
        const auto found = node->value_exact<Value>();
        if (!found) fail(*node, path_ + std::string(member) + " must be " + expected);
        value = *found;
        return true;
    }

    [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
        throw Error(Error::invalid, file_ + ", line " + std::to_string(node.source().begin.line) + ": " + what);
    }

    const toml::table& table_;
    std::string file_;
    std::string path_;
};

void check_instance(const TableReader& table, const std::string& instance) {
    try {
        if (!instance.empty()) control::check_instance(instance);
    } catch (const Error& error) {
        table.fail_member("instance", "daemon.instance: " + error.message());
    }
}

void check_log_level(const TableReader& table, std::string_view level) {
    constexpr std::array<std::string_view, 7> levels{"trace", "debug", "info", "warn", "error", "critical", "off"};
    if (std::find(levels.begin(), levels.end(), level) != levels.end()) return;
    table.fail_member("log_level", "daemon.log_level must be trace, debug, info, warn, error, critical or off");
}

void read_daemon(const TableReader& table, ServerOptions& options) {
    table.allow_only({"socket", "instance", "socket_mode", "log_level"});
    table.read("socket", options.socket);
    table.read("instance", options.instance);
    table.read_number("socket_mode", options.socket_mode);
    table.read("log_level", options.log_level);
    check_instance(table, options.instance);
    check_log_level(table, options.log_level);
    if (options.socket_mode > 0777) table.fail_member("socket_mode", "daemon.socket_mode must be from 0 to 0o777");
}

void read_limits(const TableReader& table, ServerLimits& limits) {
    table.allow_only({"rings", "rings_per_user", "bytes", "bytes_per_user", "clients", "clients_per_user"});
    table.read_number("rings", limits.rings);
    table.read_number("rings_per_user", limits.rings_per_user);
    table.read_number("bytes", limits.bytes);
    table.read_number("bytes_per_user", limits.bytes_per_user);
    table.read_number("clients", limits.clients);
    table.read_number("clients_per_user", limits.clients_per_user);
}

/// What the daemon would say when it makes the ring, said where the line is known. Whether the users and groups in its
/// access lists exist is a question to the machine it runs on.
void check_ring(const TableReader& table, const RingSpec& spec) {
    try {
        layout::plan_geometry(server::plan_ring(server::complete_spec(spec), true));
    } catch (const Error& error) {
        table.fail_table(error.message());
    }
}

DurableSubscription read_subscription(const TableReader& table, const RingSpec& ring) {
    table.allow_only({"name", "group", "policy"});
    if (table.has("name") && table.has("group"))
        table.fail_member("group", "a [[ring.subscription]] has a name or is a group, not both");
    DurableSubscription subscription{ring.name};
    subscription.is_group = table.has("group");
    table.read(subscription.is_group ? "group" : "name", subscription.name);
    std::string policy = "lossless";
    table.read("policy", policy);
    if (policy != "lossless" && policy != "lossy")
        table.fail_member("policy", "ring.subscription.policy must be \"lossless\" or \"lossy\"");
    subscription.policy = control::policy_from_name(policy);
    if (subscription.is_group && subscription.policy == Policy::lossy)
        table.fail_member("policy", "a group is lossless: leave the policy out");
    if (subscription.is_group && ring.stall_timeout.count() != 0)
        table.fail_member("group", "ring " + ring.name + " has a stall_timeout_ms: a group needs a ring without one");
    try {
        control::check_member_name(subscription.name, subscription.is_group ? "group" : "subscription");
    } catch (const Error& error) {
        table.fail_table(error.message());
    }
    return subscription;
}

void read_subscriptions(const TableReader& table, const RingSpec& ring,
                        std::vector<DurableSubscription>& subscriptions) {
    table.visit_tables("subscription", [&](const TableReader& entry) {
        DurableSubscription read = read_subscription(entry, ring);
        const auto is_same = [&](const DurableSubscription& other) {
            return other.ring == ring.name && other.name == read.name;
        };
        if (std::any_of(subscriptions.begin(), subscriptions.end(), is_same))
            entry.fail_member(read.is_group ? "group" : "name",
                              "ring " + ring.name + " has another [[ring.subscription]] of the name " + read.name);
        subscriptions.push_back(std::move(read));
    });
}

/// A member that is one of a few words.
template <class Choice>
void read_choice(const TableReader& table, std::string_view member, Choice& choice,
                 Choice (*from_name)(std::string_view)) {
    if (!table.has(member)) return;
    std::string name;
    table.read(member, name);
    try {
        choice = from_name(name);
    } catch (const Error& error) {
        table.fail_member(member, "ring." + std::string(member) + ": " + error.message());
    }
}

void read_memory(const TableReader& table, RingSpec& spec) {
    read_choice(table, "backend", spec.backend, control::backend_from_name);
    read_choice(table, "huge_pages", spec.huge_pages, control::huge_pages_from_name);
    table.read("prefault", spec.prefault);
    table.read("lock", spec.lock);
    if (table.has("numa_node")) table.read_number("numa_node", spec.numa_node.emplace());
}

RingSpec read_ring(const TableReader& table) {
    table.allow_only({"name", "format", "shape", "slots", "slot_bytes", "history", "producers", "alignment",
                      "timestamps", "fences", "stall_timeout_ms", "backend", "huge_pages", "prefault", "lock",
                      "numa_node", "access", "subscription"});
    RingSpec spec;
    table.read("name", spec.name);
    table.read("format", spec.format);
    table.read_list("shape", spec.shape, "whole numbers");
    table.read_number("slots", spec.slots);
    table.read_number("slot_bytes", spec.slot_bytes);
    if (table.has("history")) {
        std::uint64_t history = 0;
        table.read_number("history", history);
        spec.history = history;
    }
    table.read_number("producers", spec.producers);
    table.read_number("alignment", spec.alignment);
    table.read("timestamps", spec.timestamps);
    std::string fences = "automatic";
    table.read("fences", fences);
    if (fences != "automatic" && fences != "always") {
        table.fail_member("fences", "ring.fences must be \"automatic\" or \"always\"");
    }
    spec.fences = fences == "always" ? Fences::always : Fences::automatic;
    std::uint32_t stall_timeout_ms = 0;
    table.read_number("stall_timeout_ms", stall_timeout_ms);
    spec.stall_timeout = std::chrono::milliseconds(stall_timeout_ms);
    read_memory(table, spec);
    table.visit_table("access", [&](const TableReader& access) {
        access.allow_only({"produce", "consume", "manage"});
        access.read_list("produce", spec.access.produce, "strings");
        access.read_list("consume", spec.access.consume, "strings");
        access.read_list("manage", spec.access.manage, "strings");
    });
    check_ring(table, spec);
    return spec;
}

void add_ring(const TableReader& table, ServerOptions& options) {
    std::vector<RingSpec>& rings = options.rings;
    RingSpec spec = read_ring(table);
    const auto is_same = [&](const RingSpec& other) { return other.name == spec.name; };
    if (std::any_of(rings.begin(), rings.end(), is_same)) {
        table.fail_member("name", "there is another [[ring]] of the name " + spec.name);
    }
    read_subscriptions(table, spec, options.subscriptions);
    rings.push_back(std::move(spec));
}

/// The parser itself would tell neither why a file cannot be opened nor that it is a directory.
toml::table parse(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error::from_errno("cannot open the settings " + path, errno);
    file.peek();
    if (file.bad()) throw Error::from_errno("cannot read the settings " + path, errno);
    return toml::parse(file, path);
}

}  // namespace

ServerOptions load_settings(const std::string& path) {
    try {
        const toml::table file = parse(path);
        const TableReader top(file, path, "");
        top.allow_only({"daemon", "limits", "ring"});
        ServerOptions options;
        top.visit_table("daemon", [&](const TableReader& table) { read_daemon(table, options); });
        top.visit_table("limits", [&](const TableReader& table) { read_limits(table, options.limits); });
        top.visit_tables("ring", [&](const TableReader& table) { add_ring(table, options); });
        return options;
    } catch (const toml::parse_error& error) {
        throw Error(Error::invalid, path + ", line " + std::to_string(error.source().begin.line) + ": " +
                                        std::string(error.description()));
    }
}

}  // namespace ringview
