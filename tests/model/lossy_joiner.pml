/* How a lossy subscription joins (E5), and joins again where it is durable; part of lossy_ring.pml, with JOINS.

   Code: membership.cpp join, admit, go_away, join_at. */

#define CHANGE(process, location, change) d_step { flush_all(process); memory[location] = memory[location] change }

/* membership.cpp admit, from `start` on. */
inline admit() {
    do
    :: STORE(DAEMON, POS(0), start);
#ifdef JOINER_WITHOUT_FENCE
        LOAD(DAEMON, EPOCH, x);
        STORE(DAEMON, MEMBER(0), 1);
        STORE(DAEMON, EPOCH, x + 1);
#else
        CHANGE(DAEMON, MEMBER(0), | 1);
        CHANGE(DAEMON, EPOCH, + 1);
        FENCE(DAEMON);
#endif
#ifdef JOINER_LOOKS_ONCE
        break;
#endif
        LOAD(DAEMON, GATE, x);
        if
        :: x > start -> start = x
        :: else -> break
        fi
    od;
    x = 0
}

#ifdef REJOINS
byte rejoins = 1;

/* membership.cpp go_away, then join_at. The consumer that comes is another one; it counts on. */
inline join_again(c) {
    FENCE(CONSUMER(c)); /* its process is gone, and the kernel has let its stores out */
    CHANGE(DAEMON, MEMBER(c), & 0);
    CHANGE(DAEMON, EPOCH, + 1);
    start = next;
    LOAD(DAEMON, GATE, x);
    if :: x > start -> start = x :: else fi;
    admit();
#ifndef PASSES_OVER_SILENTLY
    d_step { lost = lost + start - next; count_passed(next, start) };
#endif
    d_step { next = start; start = 0 }
}
#endif

proctype Joiner() {
    byte start, x;
    LOAD(DAEMON, GATE, start);
    admit();
    starts_at[0] = start
}
