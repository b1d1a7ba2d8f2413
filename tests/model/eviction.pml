/* E10, hold against eviction.

   A living lossless consumer that marks what it reads is evicted in two phases: evicting, while the producer still honours
   its pos; a barrier; evicted, when only what it holds stays in use. It may hold a message for as long as it likes, before
   and after. (A ring of one slot: every position reuses it, and whatever is held is in the way.)
   The property: a view that it holds is never written over. Also: the producer comes to its end once nothing is held.

   Code: eviction.cpp evict, settle_evicted, holds_anything; evictable_consumer.hpp try_next, may_begin;
   marking_consumer.hpp release, follow_lowest; gate.hpp scan_cursors; lap_guard.hpp look_at_cursors, list_held_entries,
   is_held. (One subscription; a consumer that holds one message at a time.)

   -DFENCES: a ring that uses no membarrier.
   Mistakes: ONE_PHASE (evicted at once, no barrier), LOOKS_BEFORE_BARRIER (the daemon looks for marks before it),
   LOSSLESS_FIRST (producers pass its pos before they know of its marks), STATE_BEFORE_MARK (the consumer looks at its
   state before it marks), SETTLES_TOO_SOON (its marks are forgotten while it holds something), CONSUMER_WITHOUT_FENCE
   (with FENCES). */
#ifndef LAST
#define LAST 4
#endif

#define PROCESSES 3
#define PRODUCER 0
#define CONSUMER 1
#define DAEMON 2

#define SEQ 0 /* of the only slot: position + 1 once published */
#define PAYLOAD 1
#define POS 2
#define HELD 3 /* position + 1; 0 where nothing is held */
#define STATE 4
#define LOSSLESS 5 /* its bit there */
#define LOSSY 6
#define LOCATIONS 7
#include "store_buffers.pml"

#define ACTIVE 0
#define EVICTING 1
#define EVICTED 2

#define FIRST 1 /* so that pos can become one less */

/* The slot of the position before head is free. */
inline wait_for_room() {
    do
    :: LOAD(PRODUCER, LOSSLESS, x); /* E5's scan */
        if
        :: x ->
            LOAD(PRODUCER, POS, x);
            if :: x >= head -> break :: else fi
        :: else ->
            LOAD(PRODUCER, LOSSY, x);
            if
            :: x ->
                LOAD(PRODUCER, HELD, x); /* E7: listed, and looked at again */
                if :: x == 0 -> break :: else fi
            :: else -> break
            fi
        fi
    od;
    x = 0
}

proctype Producer() {
    byte head = FIRST, x;
    do
    :: head == LAST -> break
    :: else ->
        if :: head > FIRST -> wait_for_room() :: else fi;
        STORE(PRODUCER, PAYLOAD, head + 1);
        STORE(PRODUCER, SEQ, head + 1); /* E1 */
        head++
    od
}

#define LOOK_AT_VIEW LOAD(CONSUMER, PAYLOAD, x); assert(x == next + 1)

proctype Consumer() {
    byte next = FIRST, seq, x;
    do
    :: next == LAST -> break
    :: else ->
        LOAD(CONSUMER, SEQ, seq);
        if
        :: seq < next + 1 -> /* nothing yet */
            LOAD(CONSUMER, STATE, x);
            if :: x != ACTIVE -> break :: else fi
        :: else ->
#ifdef STATE_BEFORE_MARK
            LOAD(CONSUMER, STATE, x);
            STORE(CONSUMER, HELD, next + 1);
            LIGHT(CONSUMER);
#else
            STORE(CONSUMER, HELD, next + 1);
#ifndef CONSUMER_WITHOUT_FENCE
            LIGHT(CONSUMER); /* E10 */
#endif
            LOAD(CONSUMER, STATE, x);
#endif
            LOAD(CONSUMER, SEQ, seq);
            if
            :: x != ACTIVE ->
                STORE(CONSUMER, HELD, 0);
                break
            :: else ->
                assert(seq == next + 1); /* not lapped while it may begin */
                LOOK_AT_VIEW;
                LOOK_AT_VIEW;
                next++;
                STORE(CONSUMER, HELD, 0);
                STORE(CONSUMER, POS, next) /* E2 */
            fi
        fi
    od
}

inline look_for_marks() { LOAD(DAEMON, HELD, held) }

/* A read-modify-write. */
#define SET(location, value) FENCE(DAEMON); STORE(DAEMON, location, value); FENCE(DAEMON)

proctype Daemon() {
    byte held, x;
#ifndef ONE_PHASE
    STORE(DAEMON, STATE, EVICTING);
#ifdef LOOKS_BEFORE_BARRIER
    look_for_marks();
#endif
    HEAVY(DAEMON); /* E10 */
#endif
#ifndef LOOKS_BEFORE_BARRIER
    look_for_marks();
#endif
    STORE(DAEMON, STATE, EVICTED);
#ifdef LOSSLESS_FIRST
    SET(LOSSLESS, 0);
    if :: held -> SET(LOSSY, 1) :: else fi;
#else
    if :: held -> SET(LOSSY, 1) :: else fi;
    SET(LOSSLESS, 0);
#endif
    LOAD(DAEMON, POS, x);
    STORE(DAEMON, POS, x - 1);
    FENCE(DAEMON);
    if
    :: held ->
        do
        :: look_for_marks();
#ifdef SETTLES_TOO_SOON
            break
#else
            if :: held == 0 -> break :: else fi
#endif
        od;
        skip;
        SET(LOSSY, 0)
    :: else
    fi
}

init {
    atomic {
        memory[LOSSLESS] = 1;
        memory[POS] = FIRST;
        run Memory();
        run Producer();
        run Consumer();
        run Daemon()
    }
}
