/* A lossy subscription joins (E5) a ring that two producers lap it on from then on (E7): each has a gate, a low and a
   list of its own, the shared gate and floor only rise. With REJOINS it is durable: it goes away once, is passed over,
   and goes on at what it had not released, or where the gate has come to. The properties are those of lossy_eviction.pml,
   counted from where it joined, with what lies between its two places counted as lost.

   Code: membership.cpp join, admit, go_away, join_at; gate.hpp refresh, announce; shared_producer_side.hpp make_room,
   look_at_lossy, claim, settle; lap_guard.hpp. The consumer's side is lossy_consumer.pml.

   Variants: SLOTS, LAST, HISTORY, BATCH, REJOINS.
   Mistakes: JOINER_WITHOUT_FENCE, JOINER_LOOKS_ONCE, WITHOUT_MEMBARRIER, LOW_IS_KEPT (the lossy cursors are not looked at
   again after the gate was announced; as they are, the epoch decides nothing here), PASSES_OVER_SILENTLY (with REJOINS:
   what lies between is not counted). */
#define SEVERAL_PRODUCERS
#define PROCESSES 3
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef LAST
#define LAST 3
#endif
#ifndef HISTORY
#define HISTORY 0
#endif
#define JOINS
#define DAEMON 2 /* and, once admitted, the consumer that it let in */
#include "lossy_ring.pml"

byte at_work = 2;

/* gate.hpp refresh, announce; lap_guard.hpp look_at_cursors. */
inline look_at_cursors(self) {
    LOAD(self, MEMBER(0), x);
    low = gate;
    if
    :: x -> LOAD(self, POS(0), x); d_step { if :: x < low -> low = x :: else fi }
    :: else
    fi;
    x = 0
}
inline refresh_gate(self) {
    do
    :: LOAD(self, EPOCH, epoch);
        gate = (position > HISTORY + FIRST -> position - HISTORY : FIRST);
        d_step { flush_all(self); if :: memory[GATE] < gate -> memory[GATE] = gate :: else fi };
        FENCE(self);
        LOAD(self, EPOCH, x);
        if :: x == epoch -> break :: else fi
    od;
    epoch = 0;
#ifdef LOW_IS_KEPT
    if :: low < FIRST -> look_at_cursors(self) :: else -> low = gate fi
#else
    look_at_cursors(self)
#endif
}

/* lap_guard.hpp raise_floor, list_held_entries. */
inline raise_floor(self) {
    d_step {
        target = (old + BATCH < gate -> old + BATCH : gate);
        flush_all(self);
        if :: memory[FLOOR] < target -> memory[FLOOR] = target :: else fi
    };
    HEAVY_E7(self);
    d_step { safe = target; target = 0 };
    LOAD(self, HELD(0, 0), x);
    d_step { is_listed = (x > 0); x = 0 }
}

proctype Producer(byte self) {
    byte position, gate, low, safe, old, target, epoch, x;
    bool is_listed, is_held;
    do
    :: LOAD(self, HEAD, position);
        if :: position == LAST -> break :: else fi;
        if :: position - gate >= SLOTS -> refresh_gate(self) :: else fi;
        old = position - SLOTS;
        LOAD(self, SEQ(position), x);
        if :: (x & 63) != (old < FIRST -> 0 : old + 1) -> goto again :: else fi;
        if
        :: old >= low ->
            look_at_cursors(self);
            if
            :: old >= low ->
                if :: old >= safe -> raise_floor(self) :: else fi;
                if
                :: is_listed -> /* lap_guard.hpp is_held */
                    LOAD(self, HELD(0, 0), x);
                    d_step {
                        if
                        :: x == 0 -> is_listed = false
                        :: x > 0 && SLOT_OF(x - 1) == SLOT_OF(old) -> is_held = true
                        :: else
                        fi
                    }
                :: else
                fi
            :: else
            fi
        :: else
        fi;
        d_step { /* compare-and-swap */
            flush_all(self);
            if
            :: memory[HEAD] == position ->
                memory[HEAD] = position + 1;
                kinds[position] = (is_held -> tombstone : message);
                x = 1
            :: else -> x = 0
            fi
        };
        if
        :: x == 0
        :: x == 1 && is_held -> STORE(self, SEQ(position), TOMBSTONE + position + 1)
        :: x == 1 && !is_held ->
            STORE(self, PAYLOAD(position), position + 1);
            STORE(self, SEQ(position), position + 1)
        fi;
again:
        skip;
        d_step { position = 0; old = 0; x = 0; is_held = false }
    od;
    skip;
    d_step {
        position = 0; gate = 0; low = 0; safe = 0; is_listed = false;
        at_work--;
        is_over = (at_work == 0)
    }
}

init {
    atomic {
        memory[HEAD] = FIRST;
        memory[GATE] = FIRST;
        run Memory();
        run Producer(0);
        run Producer(1);
        run Joiner();
        run Consumer(0)
    }
}
