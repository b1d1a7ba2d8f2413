#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <ringview/layout/slots_segment.hpp>

#include "client_process.hpp"

/// Who holds a place, as it is written into the segment, so that a later daemon can tell whether it still lives.
namespace ringview::server {

template <class Record>
void write_member(Record& record, const ClientProcess& process, const std::string& name, std::uint64_t endpoint,
                  layout::MemberState state) {
    record.pid = process.identity.pid;
    record.start_time_ticks = process.identity.start_time_ticks;
    record.pid_namespace = process.identity.pid_namespace;
    record.uid = process.peer.uid;
    record.endpoint_id = endpoint;
    record.name_bytes = static_cast<std::uint32_t>(name.size());
    record.name = {};
    std::copy(name.begin(), name.end(), record.name.begin());
    record.state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
}

template <class Record>
void free_record(Record& record) {
    record.state.store(static_cast<std::uint32_t>(layout::MemberState::free), std::memory_order_release);
}

/// For errors: "pid 4711 (pricer)".
inline std::string holder_text(const ClientProcess& process, const std::string& name) {
    const std::string pid = process.identity.pid != 0 ? "pid " + std::to_string(process.identity.pid)
                                                      : "a process in another pid namespace";
    return pid + " (" + name + ")";
}

}  // namespace ringview::server
