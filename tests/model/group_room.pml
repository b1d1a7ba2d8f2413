/* Producers that wait for room which the members of a group give together (E4): the group's pos is nowhere stored, so
   whoever lets go of something computes it, and of two that let go at once the later one finds what both have let go of.

   The property: when nothing else can happen, no producer sleeps for a pos that the group has reached. Members take what is
   there, keep it for any time, and release it; none sleeps (that is group_wake_up.pml). What the gate is good for is
   group.pml's: here nothing is read, and messages are there at once.

   Code: room_wait.hpp sleep_for_pos; group_scan.hpp pos_of_group, lowest_in_group, wake_producers_of_group;
   group_member.hpp claim, take_first_of, release, let_go; gate.hpp refresh, scan_groups; group.cpp recover_member.

   Variants: SLOTS, LAST, PRODUCERS, ANNOUNCED (the ring is full from the start, and a producer that died has announced a gate
   above what it had confirmed: who looks for room and finds some has it, unless a member has moved), WAITS_ONCE (the ring is
   full from the start, each producer waits once, the first one for all of it, the other for one slot), KEEPS (member 0 may
   keep for ever what it has taken), MEMBER_DIES (member 0, at any moment; the stores of recovery are out at once), FENCES (a
   ring without membarrier).
   Mistakes: RELEASE_WITHOUT_FENCE (with FENCES), FULL_WITHOUT_MEMBARRIER, LOOKS_WITHOUT_FENCE (the later one misses what
   its own store has let go of, or the other's), LOSES_SILENTLY (an intent that came to nothing is taken back, and nobody
   looks who waited for it), LOADS_MOVES_LAST (after the look), KEEPS_MOVES (they do not change), RECOVERY_WAKES_NOBODY,
   LOOKS_FROM_SHARED_GATE (before a sleep, where its own gate is lower). Of two producers: LOOKS_AT_ONE_WAITER, WAKES_ONE,
   RECOVERY_WAKES_ONE. */
#ifndef SLOTS
#define SLOTS 2
#endif
#if !defined(LAST) && !defined(WAITS_ONCE)
#define LAST 3
#endif
#ifndef PRODUCERS
#define PRODUCERS 1
#endif

#define PROCESSES (PRODUCERS + 2)
#define MEMBER(m) (PRODUCERS + (m))

#define NEXT 0
#define GATE 1
#define MOVES 2
#define PRODUCERS_WAITING 3 /* a bit for each */
#define REDELIVERY 4        /* position + 1, 0 = none */
#define HELD(m) (5 + (m))   /* likewise: intended or held */
#define WAIT_POS(producer) (7 + (producer))
#define LOCATIONS (7 + PRODUCERS)
#include "store_buffers.pml"

#if defined(FENCES) && !defined(RELEASE_WITHOUT_FENCE)
#define LIGHT_E4(process) flush_all(process)
#else
#define LIGHT_E4(process) skip
#endif
#ifdef FULL_WITHOUT_MEMBARRIER
#define HEAVY_E4(process) FENCE(process)
#else
#define HEAVY_E4(process) HEAVY(process)
#endif
#ifdef LOOKS_WITHOUT_FENCE
#define FENCE_OF_LOOK(process) skip
#else
#define FENCE_OF_LOOK(process) flush_all(process)
#endif

/* A read-modify-write. */
#define CHANGE(process, location, change) d_step { flush_all(process); memory[location] = memory[location] change }

bool is_asleep[PRODUCERS];
#ifdef MEMBER_DIES
/* join_epoch, as far as a producer looks at it: whether it has grown since it loaded it first. */
bool has_epoch_grown[PRODUCERS], is_refreshing[PRODUCERS];
#if PRODUCERS == 1
#define ADD_TO_EPOCH has_epoch_grown[0] = is_refreshing[0]
#else
#define ADD_TO_EPOCH d_step { has_epoch_grown[0] = is_refreshing[0]; has_epoch_grown[1] = is_refreshing[1] }
#endif
#endif
bool is_dead, is_recovered;
#ifdef WAITS_ONCE
#define LAST SLOTS
byte head = SLOTS;
#elif defined(ANNOUNCED)
byte head = SLOTS;
#else
byte head; /* published */
#endif

#define STORE_HELD(m, value) \
    d_step { stores_waiting[MEMBER(m)] < BUFFER_DEPTH -> append_store(MEMBER(m), HELD(m), value); MOVE }

/* Ghost: whether a member has done anything since the producer began to look for room the last time. */
#ifdef ANNOUNCED
bool has_moved = true;
#define HAS_MOVED has_moved
#define MOVE has_moved = true
#define BEGIN_LOOK has_moved = stores_waiting[MEMBER(0)] + stores_waiting[MEMBER(1)] > 0
#else
#define HAS_MOVED true
#define MOVE skip
#define BEGIN_LOOK skip
#endif
#ifdef LOOKS_FROM_SHARED_GATE
#define OWN_GATE memory[GATE]
#else
#define OWN_GATE gate
#endif

#define WAKE(producer) if :: is_asleep[producer] -> is_asleep[producer] = false :: else fi
#define WAKE_ONE if :: is_asleep[0] -> is_asleep[0] = false :: else -> WAKE(1) fi
#if PRODUCERS == 1
#define WAKE_ALL WAKE(0)
#elif defined(WAKES_ONE)
#define WAKE_ALL WAKE_ONE
#else
#define WAKE_ALL WAKE(0); WAKE(1)
#endif
#ifdef RECOVERY_WAKES_ONE
#define WAKE_ALL_OF_RECOVERY WAKE_ONE
#else
#define WAKE_ALL_OF_RECOVERY WAKE_ALL
#endif

/* At the moments that others can tell apart. */
#ifdef MEMBER_DIES
#define MAY_DIE(m) if :: m == 0 -> goto dead :: true fi
#define IS_ALL_TAKEN (memory[NEXT] == LAST && memory[REDELIVERY] == 0 && is_dead == is_recovered)
#else
#define MAY_DIE(m) skip
#define IS_ALL_TAKEN (memory[NEXT] == LAST)
#endif

/* group_scan.hpp lowest_in_group: into `pos`. A producer looks from its own gate, whoever has none from the shared one. */
inline look_at_word(process, location, from) {
    d_step {
        load(process, location, x);
        if :: x > from && x - 1 < pos -> pos = x - 1 :: else fi;
        x = 0
    }
}
inline pos_of_group(process, from) {
    d_step { load(process, NEXT, pos); if :: pos < from -> pos = from :: else fi };
#ifdef MEMBER_DIES
    look_at_word(process, REDELIVERY, from);
#endif
    look_at_word(process, HELD(0), from);
    look_at_word(process, HELD(1), from)
}

/* room_wait.hpp sleep_for_pos. Looking again after a wake-up needs no new barrier. */
inline sleep_for_pos(self) {
    STORE(self, WAIT_POS(self), target);
    CHANGE(self, PRODUCERS_WAITING, | (1 << self));
    HEAVY_E4(self);
    do
    :: BEGIN_LOOK;
#ifndef LOADS_MOVES_LAST
        LOAD(self, MOVES, moves);
#endif
        pos_of_group(self, OWN_GATE);
#ifdef LOADS_MOVES_LAST
        LOAD(self, MOVES, moves);
#endif
        if
        :: pos >= target -> break
        :: else ->
            d_step {
                flush_all(self);
                if :: memory[MOVES] == moves -> is_asleep[self] = true :: else fi;
                pos = 0; moves = 0
            };
end_asleep:
            !is_asleep[self]
        fi
    od;
    skip;
    CHANGE(self, PRODUCERS_WAITING, & ~(1 << self));
    d_step { pos = 0; moves = 0; target = 0 }
}

#ifdef MEMBER_DIES
#define BEGIN_REFRESH(self) d_step { is_refreshing[self] = true; has_epoch_grown[self] = false }
#define LOOK_AT_EPOCH(self) if :: has_epoch_grown[self] -> goto look_again :: else fi
#define END_REFRESH(self) is_refreshing[self] = false; has_epoch_grown[self] = false
#else
#define BEGIN_REFRESH(self) skip
#define LOOK_AT_EPOCH(self) skip
#define END_REFRESH(self) skip
#endif

/* gate.hpp refresh, scan_groups, announce. */
inline refresh(self) {
    do
    :: BEGIN_REFRESH(self);
        pos_of_group(self, gate);
        LOOK_AT_EPOCH(self);
        d_step { flush_all(self); if :: memory[GATE] < pos -> memory[GATE] = pos :: else fi };
        LOOK_AT_EPOCH(self);
        break;
#ifdef MEMBER_DIES
look_again:
        skip
#endif
    od;
    skip;
    d_step { gate = pos; pos = 0; END_REFRESH(self) }
}

proctype Producer(byte self) {
    byte gate, pos, target, moves, x, reached;
#ifdef WAITS_ONCE
    target = (self == 0 -> SLOTS : 1);
    sleep_for_pos(self);
#else
    do
    :: head == LAST -> break
    :: d_step { head < LAST && head < gate + SLOTS -> head++; MOVE }
    :: head < LAST && head >= gate + SLOTS ->
        refresh(self);
        assert(head < gate + SLOTS || HAS_MOVED);
        if
        :: head >= gate + SLOTS -> target = gate + 1; sleep_for_pos(self)
        :: else
        fi
    od;
#endif
    gate = 0
}

inline look_at_waiter(m, producer) {
    if
    :: waiting & (1 << producer) ->
        LOAD(MEMBER(m), WAIT_POS(producer), target);
#ifndef WAITS_ONCE
        LOAD(MEMBER(m), GATE, from);
#endif
        pos_of_group(MEMBER(m), from);
        d_step { if :: pos >= target -> is_awaited = true :: else fi; pos = 0; from = 0; target = 0 }
    :: else
    fi
}

/* group_scan.hpp wake_producers_of_group. */
inline let_go(m) {
    STORE_HELD(m, 0);
    MAY_DIE(m);
    d_step { LIGHT_E4(MEMBER(m)); load(MEMBER(m), PRODUCERS_WAITING, waiting) };
    if
    :: waiting ->
        d_step { FENCE_OF_LOOK(MEMBER(m)) };
        look_at_waiter(m, 0);
#if PRODUCERS > 1
#ifdef LOOKS_AT_ONE_WAITER
        if :: waiting & 1 -> waiting = 1 :: else fi;
#endif
        look_at_waiter(m, 1);
#endif
        if
        :: is_awaited ->
            MAY_DIE(m);
#ifndef KEEPS_MOVES
            CHANGE(MEMBER(m), MOVES, + 1);
#endif
            d_step { flush_all(MEMBER(m)); WAKE_ALL }
        :: else
        fi
    :: else
    fi;
    d_step { waiting = 0; is_awaited = false }
}

/* Intent first, then the compare-and-swap of next, or of the redelivery word. */
inline take(m, location, old, new, position) {
    STORE_HELD(m, position + 1);
    MAY_DIE(m);
    d_step {
        MOVE;
        flush_all(MEMBER(m));
        if :: memory[location] == old -> memory[location] = new; is_mine = true :: else fi
    };
    MAY_DIE(m);
#ifdef KEEPS
    if :: m == 0 && is_mine -> goto home :: true fi;
#endif
#ifdef LOSES_SILENTLY
    if :: is_mine -> let_go(m) :: else -> STORE_HELD(m, 0) fi;
#else
    let_go(m); /* released, or taken back */
#endif
    is_mine = false
}

proctype Member(byte m) {
    byte next, pos, from, target, waiting, x;
    bool is_mine, is_awaited;
end:
    do
    :: IS_ALL_TAKEN -> break
    :: memory[NEXT] < head ->
        LOAD(MEMBER(m), NEXT, next);
        if :: next < head -> take(m, NEXT, next, next + 1, next) :: else fi;
        next = 0
#ifdef MEMBER_DIES
    :: memory[REDELIVERY] > 0 ->
        LOAD(MEMBER(m), REDELIVERY, next);
        if :: next > 0 -> next--; take(m, REDELIVERY, next + 1, 0, next) :: else fi;
        next = 0
#endif
    od;
#ifdef MEMBER_DIES
    goto home;
dead:
    is_dead = true;
#endif
home:
    skip;
    d_step { next = 0; pos = 0; from = 0; target = 0; waiting = 0; x = 0; is_mine = false; is_awaited = false }
}

#ifdef MEMBER_DIES
/* group.cpp recover_member. */
proctype Recovery() {
end:
    is_dead && stores_waiting[MEMBER(0)] == 0;
    ADD_TO_EPOCH;
    if
    :: memory[HELD(0)] > memory[GATE] && memory[HELD(0)] <= memory[NEXT] -> memory[REDELIVERY] = memory[HELD(0)]
    :: else
    fi;
    ADD_TO_EPOCH;
    memory[HELD(0)] = 0;
#ifndef RECOVERY_WAKES_NOBODY
    memory[MOVES]++;
    d_step { WAKE_ALL_OF_RECOVERY };
#endif
    is_recovered = true
}
#endif

#define NOT_BEYOND(word) if :: word > memory[GATE] && word - 1 < pos -> pos = word - 1 :: else fi

/* Once nobody has anything to do any more. */
proctype Last() {
    byte pos;
    timeout;
    d_step {
        pos = memory[NEXT];
        NOT_BEYOND(memory[REDELIVERY]);
        NOT_BEYOND(memory[HELD(0)]);
        NOT_BEYOND(memory[HELD(1)])
    };
    assert(!is_asleep[0] || pos < memory[WAIT_POS(0)]);
#if PRODUCERS > 1
    assert(!is_asleep[1] || pos < memory[WAIT_POS(1)]);
#endif
    skip
}

init {
    atomic {
#ifdef ANNOUNCED
        memory[GATE] = 1;
#endif
        run Memory();
        run Producer(0);
#if PRODUCERS > 1
        run Producer(1);
#endif
        run Member(0);
        run Member(1);
#ifdef MEMBER_DIES
        run Recovery();
#endif
        run Last()
    }
}
