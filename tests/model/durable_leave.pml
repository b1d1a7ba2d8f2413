/* A durable lossless subscription is away, attached again, left alone, or given up (unsubscribe) and its place taken by
   another one, while two producers refresh the gate that they share (E5). What the producers wait for and how they are
   woken is wake_up.pml's. The properties: what it has not released is there when it comes back, however often it goes;
   what it no longer needs may be written over; from a join's return on, no position at or above its result is, whoever
   had the place before.

   Code: membership.cpp join, join_at, admit, go_on, go_away, leave (one thread of the daemon); subscriptions.cpp attach,
   detach, resume, unsubscribe; gate.hpp refresh, scan_cursors, announce; shared_producer_side.hpp clear_to_go, make_room,
   claim.

   Variants: SLOTS, LAST, HISTORY, TURNS (how often something of that happens), BEGINS_WITHOUT (it is not there to begin
   with).
   Mistakes: COMES_BACK_AT_THE_GATE (which may have been announced beyond it before it joined), AWAY_IS_PASSED_OVER (its
   bit is cleared while it is away), PLACE_KEEPS_ITS_EPOCH (who takes a place that was in use before does not tell),
   JOINER_LOOKS_ONCE, PRODUCER_IGNORES_EPOCH, TRUSTS_THE_OTHER_S_GATE (what another producer announced is used unchecked). */
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef LAST
#define LAST 3
#endif
#ifndef HISTORY
#define HISTORY 0
#endif
#ifndef TURNS
#define TURNS 2
#endif

#define PROCESSES 3
#define DAEMON 2 /* and whom it let in */

#define SEQ(position) ((position) % SLOTS)
#define GATE (SLOTS + 0)
#define EPOCH (SLOTS + 1)
#define HEAD (SLOTS + 2)
#define POS (SLOTS + 3)
#define MEMBER (SLOTS + 4) /* its bit of lossless */
#define LOCATIONS (SLOTS + 5)
#include "store_buffers.pml"

#define SEQ_BEFORE(position) ((position) < SLOTS -> 0 : (position) - SLOTS + 1)
#define CHANGE(process, location, change) d_step { flush_all(process); memory[location] = memory[location] change }

#define NOBODY 255
byte needed_from;  /* what the subscription has not released; or NOBODY */
byte written_over; /* every position below it is gone, or being written over */

inline refresh_gate(self) {
    do
    :: LOAD(self, EPOCH, epoch);
        lowest = (position > HISTORY -> position - HISTORY : 0);
        LOAD(self, MEMBER, x);
        if
        :: x ->
            LOAD(self, POS, x);
            /* Below what is free: no honest one. */
            d_step { if :: x >= gate && x <= position && x < lowest -> lowest = x :: else fi }
        :: else
        fi;
        d_step { flush_all(self); if :: memory[GATE] < lowest -> memory[GATE] = lowest :: else fi };
#ifdef TRUSTS_THE_OTHER_S_GATE
        LOAD(self, GATE, lowest);
#endif
        FENCE(self);
        LOAD(self, EPOCH, x);
#ifdef PRODUCER_IGNORES_EPOCH
        x = epoch;
#endif
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
    od;
    skip;
    gate = 0
}

/* membership.cpp admit, from `start` on. */
inline admit() {
    do
    :: STORE(DAEMON, POS, start);
        CHANGE(DAEMON, MEMBER, | 1);
#ifndef PLACE_KEEPS_ITS_EPOCH
        CHANGE(DAEMON, EPOCH, + 1);
#endif
        FENCE(DAEMON);
#ifdef JOINER_LOOKS_ONCE
        break;
#endif
        LOAD(DAEMON, GATE, x);
        if :: x > start -> start = x :: else -> break fi
    od;
    x = 0
}

/* membership.cpp join_at, go_on: it has been a member all the time, and loses nothing, whatever gate was announced. Then its
   consumer reads on, and goes away or dies. */
inline attach_again() {
    LOAD(DAEMON, POS, start);
#ifdef COMES_BACK_AT_THE_GATE
    LOAD(DAEMON, GATE, x);
    if :: x > start -> start = x :: else fi;
#endif
    STORE(DAEMON, POS, start);
    assert(start == needed_from);
    do
    :: LOAD(DAEMON, SEQ(start), x);
        if
        :: x == start + 1 ->
            d_step { start++; needed_from = start };
            STORE(DAEMON, POS, start)
        :: else -> assert(x <= start); break
        fi
    :: break
    od;
    x = 0;
    FENCE(DAEMON);
#ifdef AWAY_IS_PASSED_OVER
    CHANGE(DAEMON, MEMBER, & 0);
#endif
    CHANGE(DAEMON, EPOCH, + 1) /* go_away */
}

/* membership.cpp leave; then another one joins, at oldest, in the same place. */
inline unsubscribe() {
    needed_from = NOBODY;
    CHANGE(DAEMON, MEMBER, & 0);
    CHANGE(DAEMON, EPOCH, + 1);
    FENCE(DAEMON);
    LOAD(DAEMON, HEAD, start);
    STORE(DAEMON, POS, start);
    FENCE(DAEMON) /* the wake */
}
inline subscribe() {
    LOAD(DAEMON, GATE, start);
    admit();
    d_step { needed_from = start; assert(needed_from >= written_over) }
}

proctype Daemon() {
    byte turns, start, x;
    do
    :: turns < TURNS ->
        turns++;
        if
        :: needed_from != NOBODY -> attach_again()
        :: needed_from != NOBODY -> unsubscribe()
        :: needed_from == NOBODY -> subscribe()
        fi;
        start = 0
    :: break
    od
}

init {
    atomic {
#ifdef BEGINS_WITHOUT
        needed_from = NOBODY;
#else
        memory[MEMBER] = 1;
#endif
        run Memory();
        run Producer(0);
        run Producer(1);
        run Daemon()
    }
}
