#pragma once

#include <string>

#include "chance.hpp"
#include "crew.hpp"
#include "rings.hpp"

namespace ringview::soak {

/// Who reads the archive keeps its ring going, so one is sent as soon as there is none.
inline bool lacks_archivist(const Ring& ring, const Crew& crew) {
    return ring.has_archive && crew.count([&](const Task& task) {
        return task.ring == ring.name() && task.durable_name == name_of(Durable::archive);
    }) == 0;
}

inline void make_durable(Task& task, const Ring& ring, Durable durable) {
    task.durable_name = name_of(durable);
    task.lives = &ring.lives_of(durable);
    task.policy = durable == Durable::lossy ? Policy::lossy : Policy::lossless;
    if (durable == Durable::archive) task.ledger = ring.of_archive.get();
}

inline void make_consumer(Task& task, Random& random, const Ring& ring, const Crew& crew) {
    if (lacks_archivist(ring, crew) && below(random, 4) != 0) {
        make_durable(task, ring, Durable::archive);
    } else if (ring.has_group && below(random, 3) != 0) {
        task.role = Task::Role::member;
        task.ledger = ring.of_group.get();
    } else if (below(random, 3) == 0) {
        make_durable(task, ring, below(random, 2) == 0 ? Durable::lossless : Durable::lossy);
    } else {
        task.policy = below(random, 2) == 0 ? Policy::lossless : Policy::lossy;
    }
    task.may_be_evicted = ring.has_stall_timeout() && task.policy == Policy::lossless;
    task.stalls_on_purpose = task.may_be_evicted && below(random, 4) != 0;
}

/// A producer, if the ring wants one more, or a consumer of some kind.
inline Task some_task(Random& random, const Ring& ring, const Crew& crew, const std::string& socket) {
    Task task;
    task.socket = socket;
    task.ring = ring.name();
    task.seed = random();
    task.has_timestamps = ring.spec.timestamps;
    const std::size_t producers =
        crew.count([&](const Task& other) { return other.ring == ring.name() && other.role == Task::Role::producer; });
    const bool is_producer = producers < ring.most_producers && below(random, 2) == 0;
    task.role = is_producer ? Task::Role::producer : Task::Role::consumer;
    if (!is_producer) make_consumer(task, random, ring, crew);
    return task;
}

}  // namespace ringview::soak
