#include "ring_spec_json.hpp"

#include <limits>

#include <ringview/control/codec.hpp>

namespace ringview::control {
namespace {

constexpr const char* fences_name(Fences fences) {
    return fences == Fences::automatic ? "automatic" : "always";
}

HugePages huge_pages_member(const JsonReader& reader) {
    const std::string name = reader.text_or("huge_pages", "off");
    if (name == "off") return HugePages::off;
    if (name == "try") return HugePages::attempt;
    if (name == "require") return HugePages::require;
    reader.refuse("huge_pages", "\"off\", \"try\" or \"require\"");
}

Fences fences_member(const JsonReader& reader) {
    const std::string name = reader.text_or("fences", "automatic");
    if (name == "automatic") return Fences::automatic;
    if (name == "always") return Fences::always;
    reader.refuse("fences", "\"automatic\" or \"always\"");
}

}  // namespace

json::array to_json(const std::vector<std::int64_t>& numbers) {
    return json::array(numbers.begin(), numbers.end());
}

json::array to_json(const std::vector<std::string>& texts) {
    json::array array;
    for (const std::string& text : texts) array.emplace_back(text);
    return array;
}

json::object spec_to_json(const RingSpec& spec) {
    json::object object{{"name", spec.name},
                        {"format", spec.format},
                        {"shape", to_json(spec.shape)},
                        {"slots", spec.slots},
                        {"slot_bytes", spec.slot_bytes},
                        {"producers", spec.producers},
                        {"alignment", spec.alignment},
                        {"timestamps", spec.timestamps},
                        {"access", json::object{{"produce", to_json(spec.access.produce)},
                                                {"consume", to_json(spec.access.consume)},
                                                {"manage", to_json(spec.access.manage)}}},
                        {"stall_timeout_ms", static_cast<std::uint64_t>(spec.stall_timeout.count())},
                        {"backend", backend_name(spec.backend)},
                        {"fences", fences_name(spec.fences)},
                        {"huge_pages", huge_pages_name(spec.huge_pages)},
                        {"prefault", spec.prefault},
                        {"lock", spec.lock}};
    if (spec.history) object["history"] = *spec.history;
    if (spec.numa_node) object["numa_node"] = *spec.numa_node;
    return object;
}

RingSpec spec_from_json(const JsonReader& reader) {
    constexpr std::uint64_t most_ms =
        std::numeric_limits<std::int64_t>::max() / 1'000'000;  // as nanoseconds, in 64 bits
    RingSpec spec;
    spec.name = reader.text("name");
    spec.format = reader.text_or("format", spec.format);
    spec.shape = reader.numbers_or_none("shape");
    spec.slots = reader.number_or("slots", spec.slots);
    spec.slot_bytes = reader.number_or("slot_bytes", spec.slot_bytes);
    if (reader.has("history")) spec.history = reader.number("history");
    spec.producers = static_cast<std::uint32_t>(reader.number_or("producers", 1, UINT32_MAX));
    spec.alignment = reader.number_or("alignment", spec.alignment);
    spec.timestamps = reader.flag_or("timestamps", spec.timestamps);
    if (reader.has("access")) {
        const JsonReader access = reader.object("access");
        spec.access = {access.texts_or_none("produce"), access.texts_or_none("consume"),
                       access.texts_or_none("manage")};
    }
    spec.stall_timeout =
        std::chrono::milliseconds(static_cast<std::int64_t>(reader.number_or("stall_timeout_ms", 0, most_ms)));
    spec.backend = backend_member(reader);
    spec.fences = fences_member(reader);
    spec.huge_pages = huge_pages_member(reader);
    spec.prefault = reader.flag_or("prefault", spec.prefault);
    spec.lock = reader.flag_or("lock", spec.lock);
    if (reader.has("numa_node")) spec.numa_node = static_cast<std::uint32_t>(reader.number("numa_node", UINT32_MAX));
    return spec;
}

Backend backend_member(const JsonReader& reader) {
    const std::string name = reader.text_or("backend", "posix");
    if (name == "posix") return Backend::posix;
    if (name == "memfd") return Backend::memfd;
    reader.refuse("backend", "\"posix\" or \"memfd\"");
}

Policy policy_member(const JsonReader& reader, Policy fallback) {
    if (!reader.has("policy")) return fallback;
    const std::string name = reader.text("policy");
    if (name == "lossless") return Policy::lossless;
    if (name == "lossy") return Policy::lossy;
    reader.refuse("policy", "\"lossless\" or \"lossy\"");
}

Start start_member(const JsonReader& reader, Start fallback) {
    if (!reader.has("start")) return fallback;
    const std::string name = reader.text("start");
    if (name == "oldest") return Start::oldest;
    if (name == "newest") return Start::newest;
    if (name == "next") return Start::next;
    reader.refuse("start", "\"oldest\", \"newest\" or \"next\"");
}

}  // namespace ringview::control
