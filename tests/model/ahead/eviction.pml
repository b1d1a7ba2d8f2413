/* Ahead of the code: no producer evicts a living consumer yet. (layout has the states `evicting` and `evicted`, and
   consumer_side.hpp is_evicted looks at them.)

   A living lossless consumer that stores held entries is evicted in two steps: evicting, while the producer still honours
   its pos; a membarrier; evicted, when only what it holds stays in use.
   The property: a view that it holds is never written over.

   Mistake: ONE_PHASE (evicted at once, the membarrier after it). */
#ifndef LAST
#define LAST 3
#endif

#define PROCESSES 3
#define PRODUCER 0
#define CONSUMER 1
#define DAEMON 2

/* A ring of one slot: every position reuses it. */
#define SEQ 0
#define PAYLOAD 1
#define POS 2
#define HELD 3 /* position + 1, 0 where nothing is held */
#define STATE 4
#define LOCATIONS 5
#include "../store_buffers.pml"

#define ACTIVE 0
#define EVICTING 1
#define EVICTED 2

/* The slot of the position before head is free. */
inline wait_for_room() {
    do
    :: LOAD(PRODUCER, STATE, x);
        if
        :: x == EVICTED ->
            LOAD(PRODUCER, HELD, x);
            if :: x != head -> break :: else fi
        :: else ->
            LOAD(PRODUCER, POS, x);
            if :: x >= head -> break :: else fi
        fi
    od;
    x = 0
}

proctype Producer() {
    byte head, x;
    do
    :: head == LAST -> break
    :: else ->
        if :: head > 0 -> wait_for_room() :: else fi;
        STORE(PRODUCER, PAYLOAD, head + 1);
        STORE(PRODUCER, SEQ, head + 1);
        head++
    od
}

#define LOOK_AT_VIEW LOAD(CONSUMER, PAYLOAD, x); assert(x == next + 1)

proctype Consumer() {
    byte next, seq, x;
    do
    :: next == LAST -> break
    :: else ->
        STORE(CONSUMER, HELD, next + 1);
        LOAD(CONSUMER, STATE, x);
        if :: x != ACTIVE -> break :: else fi;
        LOAD(CONSUMER, SEQ, seq);
        if
        :: seq == next + 1 ->
            LOOK_AT_VIEW;
            LOOK_AT_VIEW;
            next++;
            STORE(CONSUMER, POS, next)
        :: else
        fi
    od;
    skip;
    STORE(CONSUMER, HELD, 0)
}

proctype Daemon() {
#ifndef ONE_PHASE
    STORE(DAEMON, STATE, EVICTING);
    MEMBARRIER(DAEMON);
#endif
    STORE(DAEMON, STATE, EVICTED);
    MEMBARRIER(DAEMON)
}

init {
    atomic {
        run Memory();
        run Producer();
        run Consumer();
        run Daemon()
    }
}
