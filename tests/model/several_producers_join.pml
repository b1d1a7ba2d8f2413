/* A lossless subscription joins while two producers refresh the gate that they share (E5; join.pml has one producer,
   which may die); with GROUP, a group begins. The properties: from a join's return on, no position at or above its result
   is written over; with GROUP also: from then on the gate is not above what is not read yet.

   Code: gate.hpp refresh, announce, raise_to; shared_producer_side.hpp clear_to_go, make_room, claim; membership.cpp
   join; group.cpp begin_at.

   Variants: SLOTS, LAST, HISTORY, GROUP.
   Mistakes: GATE_FALLS (a producer announces what it scanned also where it is lower), JOINER_WITHOUT_FENCE; with GROUP:
   BEGINS_AT_THE_GATE. */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 4
#endif
#ifndef HISTORY
#define HISTORY 1
#endif

#define PROCESSES 3
#define DAEMON 2 /* and, once admitted, the consumer that it let in */

#define SEQ(position) ((position) % SLOTS)
#define GATE (SLOTS + 0)
#define EPOCH (SLOTS + 1)
#define HEAD (SLOTS + 2)
#define CURSOR (SLOTS + 3) /* position + 1, 0 = no member: pos and the bit of lossless in one */
#define LOCATIONS (SLOTS + 4)
#include "store_buffers.pml"

#define SEQ_BEFORE(position) ((position) < SLOTS -> 0 : (position) - SLOTS + 1)

#define NOBODY 255
byte needed_from = NOBODY; /* what the joiner, once admitted, has not read yet */
byte written_over;         /* every position below it is gone, or being written over */
#ifdef GROUP
#define IS_GATE_BELOW_NEED (needed_from == NOBODY || needed_from >= memory[GATE])
#else
#define IS_GATE_BELOW_NEED true
#endif

inline refresh_gate(self) {
    do
    :: LOAD(self, EPOCH, epoch);
        LOAD(self, CURSOR, x);
        lowest = (x > 0 -> x - 1 : (position > HISTORY -> position - HISTORY : 0));
#ifdef GATE_FALLS
        STORE(self, GATE, lowest);
#else
        /* max, by a compare-and-swap */
        d_step {
            flush_all(self);
            if :: memory[GATE] < lowest -> memory[GATE] = lowest :: else fi;
            assert(IS_GATE_BELOW_NEED)
        };
#endif
        FENCE(self);
        LOAD(self, EPOCH, x);
        if :: x == epoch -> break :: else fi
    od;
    skip;
    d_step { gate = lowest; lowest = 0; epoch = 0; x = 0 }
}

proctype Producer(byte self) {
    byte position, gate, lowest, epoch, x;
    do
    :: LOAD(self, HEAD, position);
        if :: position >= LAST -> break :: else fi;
        if :: position >= gate + SLOTS -> refresh_gate(self) :: else fi;
        if :: position >= gate + SLOTS -> goto again :: else fi;
        LOAD(self, SEQ(position), x);
        if :: x != SEQ_BEFORE(position) -> goto again :: else fi;
        d_step {
            flush_all(self);
            if
            :: memory[HEAD] != position -> x = LAST + 1
            :: else ->
                memory[HEAD] = position + 1;
                if :: position >= SLOTS && position - SLOTS + 1 > written_over -> written_over = position - SLOTS + 1 :: else fi;
                assert(needed_from == NOBODY || needed_from >= written_over)
            fi
        };
        if :: x == LAST + 1 -> goto again :: else fi;
        STORE(self, SEQ(position), position + 1);
again:
        skip;
        d_step { position = 0; x = 0 }
    od
}

/* group.cpp begin_at; next stands where a subscription's pos does. */
inline begin_group() {
    STORE(DAEMON, CURSOR, start + 1);
    d_step { flush_all(DAEMON); memory[EPOCH]++ };
    HEAVY(DAEMON);
    LOAD(DAEMON, GATE, x);
    if :: x > start -> start = x :: else fi;
#ifndef BEGINS_AT_THE_GATE
    LOAD(DAEMON, HEAD, x);
    if :: x > HISTORY && x - HISTORY > start -> start = x - HISTORY :: else fi;
#endif
    STORE(DAEMON, CURSOR, start + 1)
}

inline join() {
    do
    :: STORE(DAEMON, CURSOR, start + 1);
#ifdef JOINER_WITHOUT_FENCE
        LOAD(DAEMON, EPOCH, x);
        STORE(DAEMON, EPOCH, x + 1);
#else
        d_step { flush_all(DAEMON); memory[EPOCH]++ };
        FENCE(DAEMON);
#endif
        LOAD(DAEMON, GATE, x);
        if :: x > start -> start = x :: else -> break fi
    od;
    skip
}

proctype Joiner() {
    byte start, x;
    LOAD(DAEMON, GATE, start);
#ifdef GROUP
    begin_group();
#else
    join();
#endif
    d_step { x = 0; needed_from = start; assert(needed_from >= written_over && IS_GATE_BELOW_NEED) };
    do
    :: memory[SEQ(start)] == start + 1 ->
        d_step { start++; needed_from = start };
        STORE(DAEMON, CURSOR, start + 1)
    :: true -> break
    od
}

init {
    atomic {
        run Memory();
        run Producer(0);
        run Producer(1);
        run Joiner()
    }
}
