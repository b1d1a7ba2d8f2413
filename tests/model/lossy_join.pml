/* A lossy subscription joins (E5) a ring whose producer laps it from then on (E7), with a gate that follows head at the
   distance of the history. The properties are those of lossy_eviction.pml, counted from where it joined.

   Code: membership.cpp join, and what lossy_ring.pml names.
   Variants: SLOTS, BATCH, LAST, HISTORY. Mistake: GATE_OVER_LOSSY. */
#ifndef HISTORY
#define HISTORY 1
#endif
#define JOINS
#define PROCESSES 3
#define DAEMON 2
#include "lossy_ring.pml"

#define CHANGE(process, location, change) d_step { flush_all(process); memory[location] = memory[location] change }

proctype Joiner() {
    byte start, x;
    LOAD(DAEMON, GATE, start);
    do
    :: STORE(DAEMON, POS(0), start);
        CHANGE(DAEMON, MEMBER(0), | 1);
        CHANGE(DAEMON, EPOCH, + 1);
        FENCE(DAEMON);
        LOAD(DAEMON, GATE, x);
        if
        :: x > start -> start = x
        :: else -> break
        fi
    od;
    starts_at[0] = start
}

init {
    atomic {
        memory[GATE] = FIRST;
        run Memory();
        run Producer();
        run Joiner();
        run Consumer(0)
    }
}
