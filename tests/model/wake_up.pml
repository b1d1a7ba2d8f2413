/* Sleep and wake-up, both ways: a consumer sleeps for a message (E3), the producer sleeps for room (E4).

   One producer, CONSUMERS lossless consumers that may keep up to HOLDS messages while they ask for the next one. With
   REMOVES the daemon removes the ring at some moment, and both sides go home then.

   The property: every process comes to its end, that is, no sleep lasts for ever. Spin reports one as an invalid end
   state.

   Code: lossless_consumer.hpp try_next, release; sequential_reader.hpp move_pos; subscription_reader.hpp
   sleep_for_message; producer_side.hpp publish; gate.hpp refresh; room_wait.hpp wait, sleep_for_pos; wake.hpp
   wake_consumers, wake_producers; membership.cpp leave; eviction.cpp evict.

   Variants: FENCES (a ring without membarrier), LEAVES (a consumer may be taken out by the daemon), REJOINS (once, and
   another takes its place), EVICTS (it may be evicted), EARLY_WAKES (so many sleeps end by themselves), BATCH (the room a
   full producer waits for), RELEASES_ONE (also one of several held messages), BOUND (a sleep of a full producer is ended
   by its bound, once at most before it has room: what one that waits for a batch relies on where consumers hold
   messages), ONLY_OUR_FENCES (neither setting a bit nor calling FUTEX_WAIT is a fence, which they are on x86, but nobody
   promises it).
   Mistakes: SLEEPER_WITHOUT_MEMBARRIER, FULL_WITHOUT_MEMBARRIER (only a fence of its own; with FENCES: not even that),
   PUBLISH_WITHOUT_FENCE, RELEASE_WITHOUT_FENCE, SLEEPS_ON_ONE_WORD (with REMOVES: neither side sleeps on the ring's
   life), WAKER_CLEARS_BIT, WAKES_BY_POS, WAKES_AT_EXACT_POS_ONLY, LEAVE_KEEPS_POS, LEAVE_LOOKS_AT_HEAD_FIRST,
   LOADS_POS_TWICE (what is compared with the room is not what is slept on), EVICTION_KEEPS_POS,
   EVICTION_CHANGES_POS_FIRST. */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef MESSAGES
#define MESSAGES 5
#endif
#ifndef HOLDS
#define HOLDS 0
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef EARLY_WAKES
#define EARLY_WAKES 0
#endif

#ifdef REMOVES
#define PROCESSES (CONSUMERS + 2)
#define REMOVER (CONSUMERS + 1)
#else
#define PROCESSES (CONSUMERS + 1)
#endif
#define PRODUCER 0
#define CONSUMER(c) (1 + (c))

#define SEQ(position) ((position) % SLOTS)
#define POS(c) (SLOTS + (c))
#define WAIT_SEQ(c) (SLOTS + CONSUMERS + (c))
#define WAITING(c) (SLOTS + 2 * CONSUMERS + (c)) /* the consumer's bit of waiters */
#define MEMBER(c) (SLOTS + 3 * CONSUMERS + (c))  /* the consumer's bit of lossless */
#define PRODUCER_WAITING (SLOTS + 4 * CONSUMERS)
#define WAIT_SUBSCRIPTION (PRODUCER_WAITING + 1)
#define WAIT_POS (PRODUCER_WAITING + 2)
#define LIFE (PRODUCER_WAITING + 3) /* 1: removed */
#define LOCATIONS (PRODUCER_WAITING + 4)
#include "store_buffers.pml"

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
#ifdef FENCES
#define NO_MEMBARRIER(process) skip
#else
#define NO_MEMBARRIER(process) FENCE(process)
#endif
#ifdef SLEEPER_WITHOUT_MEMBARRIER
#define HEAVY_E3(process) NO_MEMBARRIER(process)
#else
#define HEAVY_E3(process) HEAVY(process)
#endif
#ifdef FULL_WITHOUT_MEMBARRIER
#define HEAVY_E4(process) NO_MEMBARRIER(process)
#else
#define HEAVY_E4(process) HEAVY(process)
#endif

/* fetch_or and fetch_and of a bit that only its owner changes. */
#ifdef ONLY_OUR_FENCES
#define CHANGE_BIT(process, location, value) STORE(process, location, value)
#define FENCE_OF_FUTEX_WAIT(process) skip
#else
#define FENCE_OF_FUTEX_WAIT(process) flush_all(process)
#define CHANGE_BIT(process, location, value) d_step { flush_all(process); memory[location] = value }
#endif

/* pos after an eviction: below all that anybody waits for, and another value than before. */
#define BELOW 254

/* Scratch that nobody reads any more becomes 0, so that equal states are seen to be equal. */
#define AWAKE 255
byte sleeps_on[PROCESSES]; /* a location, or AWAKE */
byte early_wakes = EARLY_WAKES;

#ifdef REMOVES
#define IF_REMOVED(process, value, then) LOAD(process, LIFE, value); if :: value -> then :: else fi
#else
#define IF_REMOVED(process, value, then) skip
#endif
/* Both sides sleep on the ring's life as well, where it is still open. */
#if defined(REMOVES) && !defined(SLEEPS_ON_ONE_WORD)
#define IS_OPEN (memory[LIFE] == 0)
#else
#define IS_OPEN true
#endif

/* The kernel compares and queues under one lock; a wake looks at the queue after a full fence, which we rely on. */
/* With BOUND a producer's sleep may also end by its bound, which is so long that everything else happens first. */
#ifdef BOUND
#define OR_BOUND \
    :: timeout && sleeps_on[PRODUCER] != AWAKE -> \
        d_step { assert(!in_vain); sleeps_on[PRODUCER] = AWAKE; in_vain = true; has_room = true }
bool in_vain; /* a sleep of this wait ended so */
#else
#define OR_BOUND
#endif
#define OR_NOTHING

#define FUTEX_WAIT(process, location, value, or_bound) \
    d_step { \
        FENCE_OF_FUTEX_WAIT(process); \
        if :: memory[location] == value && IS_OPEN -> sleeps_on[process] = location :: else fi \
    }; \
    if \
    :: sleeps_on[process] == AWAKE \
    :: d_step { sleeps_on[process] != AWAKE && early_wakes > 0 -> sleeps_on[process] = AWAKE; early_wakes-- } \
    or_bound \
    fi

#define WAKE_IF_ON(sleeper, location) if :: sleeps_on[sleeper] == location -> sleeps_on[sleeper] = AWAKE :: else fi

#define FUTEX_WAKE(process, location) \
    d_step { \
        flush_all(process); \
        WAKE_IF_ON(0, location); \
        WAKE_IF_ON(1, location); \
        WAKE_IF_ON(PROCESSES - 1, location) \
    }

#ifdef WAKES_BY_POS
#define IS_AWAITED(c, position) LOAD(PRODUCER, POS(c), y); y = (y == position)
#else
#define IS_AWAITED(c, position) LOAD(PRODUCER, WAIT_SEQ(c), y); y = (y == position + 1)
#endif

/* wake.hpp wake_consumers, for one of them. */
inline wake_consumer(c) {
    LOAD(PRODUCER, WAITING(c), x);
    if
    :: x ->
        IS_AWAITED(c, head);
        if
        :: y ->
#ifdef WAKER_CLEARS_BIT
            CHANGE_BIT(PRODUCER, WAITING(c), 0);
#endif
            FUTEX_WAKE(PRODUCER, SEQ(head))
        :: else
        fi
    :: else
    fi;
    d_step { x = 0; y = 0 }
}

/* gate.hpp scan_cursors: the lowest pos, and whose it is. A position that nobody holds back is head itself. */
inline look_at_cursor(c) {
    LOAD(PRODUCER, MEMBER(c), x);
    if
    :: x ->
        LOAD(PRODUCER, POS(c), x);
        d_step { if :: x == BELOW -> x = 0 :: else fi; if :: x < lowest -> lowest = x; blocker = c :: else fi }
    :: else
    fi
}
inline scan_cursors() {
    lowest = head;
    look_at_cursor(0);
#if CONSUMERS > 1
    look_at_cursor(1)
#endif
}

/* room_wait.hpp has_room. */
inline look_for_room() {
    LOAD(PRODUCER, MEMBER(blocker), x);
#ifdef LOADS_POS_TWICE
    LOAD(PRODUCER, POS(blocker), y);
    has_room = (!x || (y >= target && y != BELOW))
#else
    has_room = (!x || (pos >= target && pos != BELOW))
#endif
}

/* room_wait.hpp sleep_for_pos. Looking again after a wake-up needs no new barrier. */
inline sleep_for_room() {
    STORE(PRODUCER, WAIT_SUBSCRIPTION, blocker);
    STORE(PRODUCER, WAIT_POS, target);
    CHANGE_BIT(PRODUCER, PRODUCER_WAITING, 1);
    HEAVY_E4(PRODUCER);
    do
    :: LOAD(PRODUCER, POS(blocker), pos);
        IF_REMOVED(PRODUCER, x, break);
        look_for_room();
        if
        :: has_room -> break
        :: else -> FUTEX_WAIT(PRODUCER, POS(blocker), pos, OR_BOUND)
        fi
#ifdef BOUND
        if :: has_room -> break :: else fi /* in vain */
#endif
    od;
    skip;
    CHANGE_BIT(PRODUCER, PRODUCER_WAITING, 0);
    d_step { blocker = 0; target = 0; pos = 0; x = 0; has_room = false }
}

/* After a sleep that nobody ended, for a single slot (room_wait.hpp wait). */
#ifdef BOUND
#define ROOM (in_vain -> 1 : BATCH)
#else
#define ROOM BATCH
#endif

proctype Producer() {
    byte head, lowest, blocker, target, pos, x, y;
    bool has_room;
    do
    :: head == MESSAGES -> break
#ifdef REMOVES
    :: memory[LIFE] -> break
#endif
    :: head < MESSAGES && head - lowest >= SLOTS ->
        scan_cursors();
        if
        :: head - lowest >= SLOTS -> target = lowest + ROOM; sleep_for_room()
        :: else
        fi
    :: head < MESSAGES && head - lowest < SLOTS ->
        STORE(PRODUCER, SEQ(head), head + 1);
        LIGHT_E3(PRODUCER);
        wake_consumer(0);
#if CONSUMERS > 1
        wake_consumer(1);
#endif
        head++;
#ifdef BOUND
        in_vain = false
#endif
    od
}

#ifdef WAKES_AT_EXACT_POS_ONLY
#define IS_CROSSED(old, new, wait_pos) (wait_pos == new)
#else
#define IS_CROSSED(old, new, wait_pos) (wait_pos > old && wait_pos <= new)
#endif

/* sequential_reader.hpp move_pos and wake.hpp wake_producers. */
inline release(c, new_pos) {
    STORE(CONSUMER(c), POS(c), new_pos);
    LIGHT_E4(CONSUMER(c));
    LOAD(CONSUMER(c), PRODUCER_WAITING, x);
    if
    :: x ->
        LOAD(CONSUMER(c), WAIT_SUBSCRIPTION, x);
        if
        :: x == c ->
            LOAD(CONSUMER(c), WAIT_POS, x);
            if :: IS_CROSSED(pos, new_pos, x) -> FUTEX_WAKE(CONSUMER(c), POS(c)) :: else fi
        :: else
        fi
    :: else
    fi;
    d_step { pos = new_pos; x = 0 }
}

/* subscription_reader.hpp sleep_for_message. Looking again after a wake-up needs no new barrier. */
inline sleep_for_message(c) {
    STORE(CONSUMER(c), WAIT_SEQ(c), next + 1);
    CHANGE_BIT(CONSUMER(c), WAITING(c), 1);
    HEAVY_E3(CONSUMER(c));
    do
    :: LOAD(CONSUMER(c), SEQ(next), seq);
        IF_REMOVED(CONSUMER(c), x, break);
        if
        :: seq > next -> break
        :: else -> FUTEX_WAIT(CONSUMER(c), SEQ(next), seq, OR_NOTHING)
        fi
#ifdef WAKER_CLEARS_BIT
        if :: seq > next -> skip :: else -> break fi
#endif
    od;
    skip;
#ifndef WAKER_CLEARS_BIT
    CHANGE_BIT(CONSUMER(c), WAITING(c), 0)
#endif
}

/* head.hpp find_head: the newest seq is that of the position below it. */
inline find_head(found) {
    d_step {
        found = 0;
        x = 0;
        do
        :: x < SLOTS -> if :: memory[x] > found -> found = memory[x] :: else fi; x++
        :: else -> break
        od;
        x = 0
    }
}

/* membership.cpp leave. A producer that is about to sleep on pos finds it changed: it has filled the ring, so the head
   that is found once the subscription is no member any more lies above. */
inline leave(c) {
#ifdef LEAVE_LOOKS_AT_HEAD_FIRST
    find_head(seq);
    STORE(CONSUMER(c), POS(c), seq);
#endif
    CHANGE_BIT(CONSUMER(c), MEMBER(c), 0);
    FENCE(CONSUMER(c));
#if !defined(LEAVE_KEEPS_POS) && !defined(LEAVE_LOOKS_AT_HEAD_FIRST)
    find_head(seq);
    STORE(CONSUMER(c), POS(c), seq);
#endif
    seq = 0;
    CHANGE_BIT(CONSUMER(c), WAITING(c), 0);
    FUTEX_WAKE(CONSUMER(c), POS(c))
}

#ifdef REJOINS
/* membership.cpp join, of another subscription in its place: where it stood (what is no longer there counts as read). */
inline join_again(c) {
    STORE(CONSUMER(c), POS(c), pos);
    CHANGE_BIT(CONSUMER(c), MEMBER(c), 1);
    d_step { next = pos }
}
byte rejoins = 1;
#endif

inline evict(c) {
#ifdef EVICTION_CHANGES_POS_FIRST
    STORE(CONSUMER(c), POS(c), BELOW);
    CHANGE_BIT(CONSUMER(c), MEMBER(c), 0);
#else
    CHANGE_BIT(CONSUMER(c), MEMBER(c), 0);
#ifndef EVICTION_KEEPS_POS
    STORE(CONSUMER(c), POS(c), BELOW);
#endif
#endif
    FUTEX_WAKE(CONSUMER(c), POS(c))
}

proctype Consumer(byte c) {
    byte next, pos, seq, x;
    do
    :: pos == MESSAGES -> break
    :: pos < next -> release(c, next)
#ifdef RELEASES_ONE
    :: pos + 1 < next -> release(c, (pos + 1))
#endif
    :: next < MESSAGES && next - pos <= HOLDS ->
        LOAD(CONSUMER(c), SEQ(next), seq);
        if
        :: seq > next -> next++
        :: else -> sleep_for_message(c)
        fi;
        seq = 0
#ifdef LEAVES
    :: leave(c); break
#endif
#ifdef REJOINS
    :: rejoins > 0 -> rejoins--; leave(c); join_again(c)
#endif
#ifdef REMOVES
    :: memory[LIFE] -> break
#endif
#ifdef EVICTS
    :: evict(c); break
#endif
    od
}

#ifdef REMOVES
/* membership.cpp mark_removed. Where sleepers sleep on one word, they are woken by that. */
proctype Remover() {
    byte x;
    CHANGE_BIT(REMOVER, LIFE, 1);
    FENCE(REMOVER);
#ifdef SLEEPS_ON_ONE_WORD
    LOAD(REMOVER, WAITING(0), x);
    if
    :: x -> LOAD(REMOVER, WAIT_SEQ(0), x); if :: x -> FUTEX_WAKE(REMOVER, SEQ(x - 1)) :: else fi
    :: else
    fi;
    LOAD(REMOVER, PRODUCER_WAITING, x);
    if :: x -> FUTEX_WAKE(REMOVER, POS(0)) :: else fi
#else
    d_step { sleeps_on[0] = AWAKE; sleeps_on[1] = AWAKE; sleeps_on[PROCESSES - 1] = AWAKE; x = 0 }
#endif
}
#endif

init {
    atomic {
        sleeps_on[0] = AWAKE;
        sleeps_on[1] = AWAKE;
        memory[MEMBER(0)] = 1;
#if CONSUMERS > 1
        sleeps_on[2] = AWAKE;
        memory[MEMBER(1)] = 1;
#endif
#ifdef REMOVES
        sleeps_on[PROCESSES - 1] = AWAKE;
        run Remover();
#endif
        run Memory();
        run Producer();
        run Consumer(0);
#if CONSUMERS > 1
        run Consumer(1);
#endif
    }
}
