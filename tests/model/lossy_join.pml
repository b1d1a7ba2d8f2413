/* A lossy subscription joins (E5) a ring whose producer laps it from then on (E7), with a gate that follows head at the
   distance of the history. The properties are those of lossy_eviction.pml, counted from where it joined.

   Code: membership.cpp join, and what the files that lossy_ring.pml includes name.
   Variants: SLOTS, BATCH, LAST, HISTORY, REJOINS (it is durable, goes away once and comes back).
   Mistakes: GATE_OVER_LOSSY; PASSES_OVER_SILENTLY (with REJOINS); JOINER_WITHOUT_FENCE, JOINER_LOOKS_ONCE. */
#ifndef HISTORY
#define HISTORY 1
#endif
#define JOINS
#define PROCESSES 3
#define DAEMON 2
#include "lossy_ring.pml"

init {
    atomic {
        memory[GATE] = FIRST;
        run Memory();
        run Producer();
        run Joiner();
        run Consumer(0)
    }
}
