/* Sleep and wake-up where two produce: a consumer sleeps for a position that one of them has claimed and not published,
   while the other publishes what follows (E3); both producers sleep for room, each for a pos of its own (E4).

   The property: every process comes to its end, and no sleep is ended by its bound (100 ms), or BOUNDS of each process. A
   bound is taken to be so long that everything else happens first.

   Who dies between its store and its wake leaves a sleeper behind. With a daemon, recovery wakes it; without one, the
   bound of its sleep does: NO_DAEMON with BOUNDS=1 holds, and with BOUNDS=0 is a mistake. What recovery makes of the
   claim itself is producer_recovery.pml's; here it knows, and its stores are out at once.

   Code: shared_producer_side.hpp try_reserve, reserve, claim, settle; room_wait.hpp wait, sleep_for_pos; wake.hpp
   wake_consumers, wake_producers, wake_whoever_is_served; sequential_reader.hpp move_pos; subscription_reader.hpp
   sleep_for_message; recovery.cpp recover_producer; membership.cpp close_producer_line, go_away.

   Variants: SLOTS, LAST, RANGE (positions claimed at once, at most), BATCH (the room that a full producer waits for),
   HOLDS, FENCES (a ring without membarrier), PRODUCER_DIES, CONSUMER_DIES (its subscription stays, and another consumer
   comes), NO_DAEMON, BOUNDS.
   Mistakes: SLEEPER_WITHOUT_MEMBARRIER, FULL_WITHOUT_MEMBARRIER, PUBLISH_WITHOUT_FENCE and RELEASE_WITHOUT_FENCE (with
   FENCES), BITS_ARE_STORED (the word of the bits is loaded, changed and stored), LOOKS_AT_ONE_WAITER, WAKES_ONE (of those
   that sleep on a pos), WAKES_FOR_THE_FIRST (of a range), RECOVERY_WAKES_NOBODY, RECOVERY_WAKES_FOR_THE_LAST (of a
   range), GOES_AWAY_SILENTLY, WAKES_BEFORE_BURYING. */
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef LAST
#define LAST 3
#endif
#ifndef RANGE
#define RANGE 1
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef HOLDS
#define HOLDS 0
#endif
#ifndef BOUNDS
#define BOUNDS 0
#endif

#define PROCESSES 3 /* 0 and 1 are producers */
#define CONSUMER 2

#define SEQ(position) ((position) % SLOTS)
#define HEAD (SLOTS + 0)
#define POS (SLOTS + 1)
#define MEMBER (SLOTS + 2) /* the subscription's bit of lossless */
#define WAIT_SEQ (SLOTS + 3)
#define WAITING (SLOTS + 4)           /* the consumer's bit of waiters */
#define PRODUCERS_WAITING (SLOTS + 5) /* a bit for each */
#define WAIT_POS(producer) (SLOTS + 6 + (producer))
#define LOCATIONS (SLOTS + 8)
#include "store_buffers.pml"

#define TOMBSTONE 64
#define SEQ_BEFORE(position) ((position) < SLOTS -> 0 : (position) - SLOTS + 1)

#ifdef PUBLISH_WITHOUT_FENCE
#define LIGHT_E3(process) skip
#else
#define LIGHT_E3(process) LIGHT(process)
#endif
#ifdef RELEASE_WITHOUT_FENCE
#define LIGHT_E4(process) skip
#else
#define LIGHT_E4(process) LIGHT(process)
#endif
#ifdef SLEEPER_WITHOUT_MEMBARRIER
#define HEAVY_E3(process) FENCE(process)
#else
#define HEAVY_E3(process) HEAVY(process)
#endif
#ifdef FULL_WITHOUT_MEMBARRIER
#define HEAVY_E4(process) FENCE(process)
#else
#define HEAVY_E4(process) HEAVY(process)
#endif

/* A read-modify-write. */
#define CHANGE(process, location, change) d_step { flush_all(process); memory[location] = memory[location] change }
#ifdef BITS_ARE_STORED
#define CHANGE_BITS(process, location, change) LOAD(process, location, x); STORE(process, location, x change); FENCE(process)
#else
#define CHANGE_BITS(process, location, change) CHANGE(process, location, change)
#endif

#define AWAKE 255
byte sleeps_on[PROCESSES] = AWAKE; /* a location */
#if BOUNDS > 0
byte bounds[PROCESSES] = BOUNDS;
#endif

#if BOUNDS > 0
#define OR_BOUND(process) \
    :: timeout && sleeps_on[process] != AWAKE && bounds[process] > 0 -> d_step { sleeps_on[process] = AWAKE; bounds[process]-- }
#else
#define OR_BOUND(process)
#endif

#define FUTEX_WAIT(process, location, value) \
    d_step { flush_all(process); if :: memory[location] == value -> sleeps_on[process] = location :: else fi }; \
    if \
    :: sleeps_on[process] == AWAKE \
    OR_BOUND(process) \
    fi

#define WAKE_IF_ON(sleeper, location) if :: sleeps_on[sleeper] == location -> sleeps_on[sleeper] = AWAKE :: else fi
#ifdef WAKES_ONE
#define WAKE_ALL_ON(location) \
    if \
    :: sleeps_on[0] == location -> sleeps_on[0] = AWAKE \
    :: else -> WAKE_IF_ON(1, location); WAKE_IF_ON(2, location) \
    fi
#else
#define WAKE_ALL_ON(location) WAKE_IF_ON(0, location); WAKE_IF_ON(1, location); WAKE_IF_ON(2, location)
#endif
#define FUTEX_WAKE(process, location) d_step { flush_all(process); WAKE_ALL_ON(location) }

/* Who died, and what the producer had claimed and not published: up to `claimed_end`. */
bool is_dead[PROCESSES];
byte claimed_end;
#ifdef PRODUCER_DIES
#define MAY_DIE if :: self == 0 && !is_dead[0] -> d_step { is_dead[0] = true; claimed_end = position + count }; goto dead :: true fi
#else
#define MAY_DIE skip
#endif

#ifdef WAKES_FOR_THE_FIRST
#define IS_IN_RANGE(seq) (seq == position + 1)
#else
#define IS_IN_RANGE(seq) (seq > position && seq <= position + count)
#endif

/* wake.hpp wake_consumers. */
inline wake_consumer(self) {
    LOAD(self, WAITING, x);
    if
    :: x ->
        LOAD(self, WAIT_SEQ, x);
        if :: IS_IN_RANGE(x) -> FUTEX_WAKE(self, SEQ(x - 1)) :: else fi
    :: else
    fi
}

/* room_wait.hpp sleep_for_pos. Looking again after a wake-up needs no new barrier. */
inline sleep_for_room(self) {
    STORE(self, WAIT_POS(self), gate + BATCH);
    CHANGE_BITS(self, PRODUCERS_WAITING, | (1 << self));
    HEAVY_E4(self);
    do
    :: LOAD(self, POS, pos);
        LOAD(self, MEMBER, x);
        if
        :: !x || pos >= gate + BATCH -> break
        :: else -> FUTEX_WAIT(self, POS, pos)
        fi
    od;
    skip;
    CHANGE_BITS(self, PRODUCERS_WAITING, & ~(1 << self))
}

/* shared_producer_side.hpp clear_in_a_row, claim, settle. */
inline claim_and_publish(self) {
    count = 1;
#if RANGE > 1
    if
    :: position + 1 < LAST && position + 1 < gate + SLOTS ->
        LOAD(self, SEQ(position + 1), x);
        if :: (x & 63) == SEQ_BEFORE(position + 1) -> count = 2 :: else fi
    :: else
    fi;
#endif
    d_step {
        flush_all(self);
        if :: memory[HEAD] == position -> memory[HEAD] = position + count :: else -> count = 0 fi
    };
    if
    :: count > 0 ->
#ifndef NO_DAEMON
        MAY_DIE;
#endif
        STORE(self, SEQ(position), position + 1);
#if RANGE > 1
#ifndef NO_DAEMON
        MAY_DIE;
#endif
        if :: count > 1 -> STORE(self, SEQ(position + 1), position + 2) :: else fi;
#endif
        MAY_DIE;
        LIGHT_E3(self);
        wake_consumer(self)
    :: else
    fi
}

proctype Producer(byte self) {
    byte position, gate, count, pos, x;
    do
    :: LOAD(self, HEAD, position);
        if :: position == LAST -> break :: else fi;
        if
        :: position >= gate + SLOTS -> /* gate.hpp refresh */
            LOAD(self, MEMBER, x);
            LOAD(self, POS, gate);
            d_step { if :: !x || gate > position -> gate = position :: else fi; x = 0 }
        :: else
        fi;
        if
        :: position >= gate + SLOTS -> sleep_for_room(self)
        :: else ->
            LOAD(self, SEQ(position), x);
            if
            :: (x & 63) == SEQ_BEFORE(position) -> claim_and_publish(self)
            :: else -> (memory[HEAD] != position || memory[SEQ(position)] != x) /* looks again, in bounded sleeps */
            fi
        fi;
        d_step { position = 0; count = 0; pos = 0; x = 0 }
    od;
dead:
    skip;
    d_step { position = 0; gate = 0; count = 0; pos = 0; x = 0 }
}

#ifdef CONSUMER_DIES
#define CONSUMER_MAY_DIE \
    if :: !is_dead[CONSUMER] -> is_dead[CONSUMER] = true; comes_back; goto successor :: true fi
#else
#define CONSUMER_MAY_DIE skip
#endif
bool comes_back;

inline look_at_waiter(producer) {
    if
    :: x & (1 << producer) ->
        LOAD(CONSUMER, WAIT_POS(producer), y);
        d_step { if :: y > pos && y <= next -> is_awaited = true :: else fi; y = 0 }
    :: else
    fi
}

/* sequential_reader.hpp move_pos and wake.hpp wake_producers. */
inline release_all() {
    STORE(CONSUMER, POS, next);
    CONSUMER_MAY_DIE;
    LIGHT_E4(CONSUMER);
    LOAD(CONSUMER, PRODUCERS_WAITING, x);
    if
    :: x ->
        look_at_waiter(0);
#ifdef LOOKS_AT_ONE_WAITER
        if :: x & 1 -> x = 1 :: else fi;
#endif
        look_at_waiter(1);
        if :: is_awaited -> FUTEX_WAKE(CONSUMER, POS) :: else fi
    :: else
    fi;
    d_step { pos = next; x = 0; is_awaited = false }
}

/* subscription_reader.hpp sleep_for_message. */
inline sleep_for_message() {
    STORE(CONSUMER, WAIT_SEQ, next + 1);
    CHANGE(CONSUMER, WAITING, | 1);
    HEAVY_E3(CONSUMER);
    do
    :: LOAD(CONSUMER, SEQ(next), seq);
        if
        :: (seq & 63) > next -> break
        :: else -> FUTEX_WAIT(CONSUMER, SEQ(next), seq)
        fi
    od;
    skip;
    CHANGE(CONSUMER, WAITING, & 0)
}

proctype Consumer() {
    byte next, pos, seq, x, y;
    bool is_awaited;
#ifdef CONSUMER_DIES
successor:
    skip;
    d_step { pos = memory[POS]; next = pos; x = 0; comes_back = false };
#endif
    do
    :: pos == LAST -> break
    :: pos < next -> release_all()
    :: next < LAST && next - pos <= HOLDS ->
        LOAD(CONSUMER, SEQ(next), seq);
        if
        :: (seq & 63) > next -> next++ /* a message, or a tombstone; after a join also one that is too new */
        :: else -> sleep_for_message()
        fi;
        seq = 0
    od;
    skip
}

#define IS_KNOWN_DEAD(process) (is_dead[process] && stores_waiting[process] == 0)

#if defined(PRODUCER_DIES) && !defined(NO_DAEMON)
/* wake.hpp wake_whoever_is_served. */
inline wake_served() {
    x = memory[WAITING];
    if
    :: x ->
        x = memory[WAIT_SEQ];
        if
#ifdef RECOVERY_WAKES_FOR_THE_LAST
        :: x == claimed_end -> d_step { WAKE_ALL_ON(SEQ(x - 1)) }
#else
        :: (memory[SEQ(x - 1)] & 63) >= x -> d_step { WAKE_ALL_ON(SEQ(x - 1)) }
#endif
        :: else
        fi
    :: else
    fi;
    x = 0
}

inline bury(position) {
    d_step {
        if :: memory[SEQ(position)] == SEQ_BEFORE(position) -> memory[SEQ(position)] = TOMBSTONE + position + 1 :: else fi
    }
}

proctype Recovery() {
    byte x;
end:
    IS_KNOWN_DEAD(0);
#ifdef WAKES_BEFORE_BURYING
    wake_served();
#endif
#if RANGE > 1
    if :: claimed_end > 1 -> bury(claimed_end - 2) :: else fi;
#endif
    bury(claimed_end - 1);
#if !defined(RECOVERY_WAKES_NOBODY) && !defined(WAKES_BEFORE_BURYING)
    wake_served()
#endif
}
#endif

#ifdef CONSUMER_DIES
/* membership.cpp go_away. Another consumer comes at once, or when nothing else can happen. */
proctype Daemon() {
end:
    IS_KNOWN_DEAD(CONSUMER);
    memory[WAITING] = 0;
#ifndef GOES_AWAY_SILENTLY
    d_step { WAKE_ALL_ON(POS) };
#endif
    if :: true :: timeout fi;
    comes_back = true
}
#endif

init {
    atomic {
        memory[MEMBER] = 1;
        run Memory();
        run Producer(0);
        run Producer(1);
        run Consumer();
#if defined(PRODUCER_DIES) && !defined(NO_DAEMON)
        run Recovery();
#endif
#ifdef CONSUMER_DIES
        run Daemon()
#endif
    }
}
