/* What a subscription lags in time is taken from the publish time of the oldest message that it has not released (E11),
   while that may be written over. The property: a time that is used is that message's own.

   Code: lag_time.hpp observe_lag_ns, oldest_kept, first_message; publish_time.hpp store_publish_time; gate.hpp announce;
   lap_guard.hpp raise_floor; producer_side.hpp publish; sequential_reader.hpp move_pos. A message's time is its
   position + 1; head.hpp find_head is taken to find the newest seq.

   Variants: SLOTS, LAST, LOSSY (the producer does not wait, and raises floor instead), EVICTS (it waits no more from some
   moment on, and raises gate).
   Mistakes: LOOKS_ONCE (the time is used as it was found), LOOKS_AT_SEQ_ONLY (the second look is at seq only),
   LOOKS_BEFORE_THE_TIME (pos, floor and gate are not loaded after it), TIME_AFTER_SEQ, TIME_BEFORE_FLOOR (with LOSSY),
   GATE_IS_NOT_RAISED (with EVICTS). */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 6
#endif

#define FIRST SLOTS
#define PROCESSES 3
#define PRODUCER 0
#define CONSUMER 1
#define DAEMON 2

#define SEQ(position) ((position) % SLOTS)
#define TIME(position) (SLOTS + (position) % SLOTS)
#define POS (2 * SLOTS + 0)
#define KEPT_FROM (2 * SLOTS + 1) /* floor, or gate */
#define MEMBER (2 * SLOTS + 2)    /* its bit of lossless */
#define LOCATIONS (2 * SLOTS + 3)
#include "store_buffers.pml"

proctype Producer() {
    byte head = FIRST, gate, x;
    gate = FIRST - SLOTS;
    do
    :: head == LAST -> break
    :: head < LAST && head - gate >= SLOTS ->
#ifdef LOSSY
        gate = head - SLOTS + 1;
#ifdef TIME_BEFORE_FLOOR
        STORE(PRODUCER, TIME(head), head + 1);
#endif
        STORE(PRODUCER, KEPT_FROM, gate)
#else
        LOAD(PRODUCER, MEMBER, x);
        if
        :: x -> LOAD(PRODUCER, POS, x); d_step { if :: x > gate -> gate = x :: else fi } /* E2 */
        :: else -> gate = head
        fi;
        x = 0;
#ifndef GATE_IS_NOT_RAISED
        STORE(PRODUCER, KEPT_FROM, gate)
#endif
#endif
    :: head < LAST && head - gate < SLOTS ->
#ifdef TIME_AFTER_SEQ
        STORE(PRODUCER, SEQ(head), head + 1);
        STORE(PRODUCER, TIME(head), head + 1);
#else
        STORE(PRODUCER, TIME(head), head + 1);
        STORE(PRODUCER, SEQ(head), head + 1); /* E1 */
#endif
        head++
    od;
    skip;
    gate = 0
}

proctype Consumer() {
    byte next = FIRST, seq;
    do
    :: next < LAST ->
        LOAD(CONSUMER, SEQ(next), seq);
        if
        :: seq == next + 1 -> next++; STORE(CONSUMER, POS, next)
        :: else -> if :: seq > next + 1 -> break :: else fi /* lapped */
        fi;
        seq = 0
#ifdef EVICTS
    :: d_step { flush_all(CONSUMER); memory[MEMBER] = 0 }; break
#else
    :: break
#endif
    od
}

inline find_head() {
    d_step {
        head = FIRST;
        x = 0;
        do
        :: x < SLOTS -> if :: memory[x] > head -> head = memory[x] :: else fi; x++
        :: else -> break
        od;
        x = 0
    }
}

/* lag_time.hpp oldest_kept. For a member pos alone counts: the gate may have been announced beyond it before it joined. */
inline look_what_is_kept() {
#ifdef LOSSY
    LOAD(DAEMON, KEPT_FROM, kept);
#else
    LOAD(DAEMON, MEMBER, kept);
    if
    :: kept -> kept = 0
    :: else -> LOAD(DAEMON, KEPT_FROM, kept)
    fi;
#endif
    LOAD(DAEMON, POS, x);
    d_step {
        if :: x > kept -> kept = x :: else fi;
        if :: head - SLOTS > kept -> kept = head - SLOTS :: else fi;
        x = 0
    }
}

proctype Daemon() {
    byte head, kept, position, time, x;
    do
    :: find_head();
        look_what_is_kept();
        position = kept;
        if
        :: position >= head -> break /* no lag */
        :: else
        fi;
        LOAD(DAEMON, SEQ(position), x);
        if
        :: x <= position -> break /* not published: not looked at in this model */
        :: else
        fi;
#ifdef LOOKS_BEFORE_THE_TIME
        look_what_is_kept();
        LOAD(DAEMON, SEQ(position), x);
#endif
        LOAD(DAEMON, TIME(position), time);
#ifndef LOOKS_BEFORE_THE_TIME
        x = position + 1;
#if !defined(LOOKS_ONCE) && !defined(LOOKS_AT_SEQ_ONLY)
        look_what_is_kept();
#endif
#ifndef LOOKS_ONCE
        LOAD(DAEMON, SEQ(position), x);
#endif
#endif
        if
        :: kept <= position && x == position + 1 -> assert(time == position + 1); break
        :: else /* it moved on: looks again */
        fi;
        d_step { head = 0; kept = 0; position = 0; time = 0; x = 0 }
    od
}

init {
    atomic {
        memory[POS] = FIRST;
        memory[KEPT_FROM] = FIRST;
        memory[MEMBER] = 1;
        run Memory();
        run Producer();
        run Consumer();
        run Daemon()
    }
}
