/* Two producers lap a lossy consumer of the ring that they share (E7, E9): each raises floor, calls its own barrier and keeps
   its own list of what is held. The properties are those of lossy_eviction.pml, and no position is claimed twice.

   Code: shared_producer_side.hpp try_reserve, clear_to_go, look_at_lossy, claim, settle; lap_guard.hpp; gate.hpp raise_to;
   recovery.cpp bury. The consumer's side is lossy_consumer.pml. The gate is taken to be head all the time: the most that a
   producer may lap.

   Variants: SLOTS, BATCH, LAST, KEEPS, PRODUCER_DIES (one of them, anywhere behind a claim; recovery follows), RANGE (2: a
   batch claims up to two positions in a row, of which only the first was looked at for marks).
   Mistakes: WITHOUT_MEMBARRIER, TRUSTS_FLOOR (a producer that finds floor raised by the other takes it for safe),
   FLOOR_FALLS (a producer stores its floor also where the other's is higher), IGNORES_THE_SLOT (head alone says that
   a position is clear), ROW_BEYOND_LOW (with RANGE: a batch goes on to what a consumer has not passed), BURIES_ANY (with PRODUCER_DIES: recovery does not look whether the claim was published). */
#define SEVERAL_PRODUCERS
#define PROCESSES 3
#ifndef LAST
#define LAST 5
#endif
#include "lossy_ring.pml"

#if RANGE > 1
#define RESET_COUNT count = 1
#else
#define RESET_COUNT skip
#define count 1
#endif
#ifdef ROW_BEYOND_LOW
#define IS_IN_A_ROW(next) true
#else
#define IS_IN_A_ROW(next) ((next) - SLOTS < low)
#endif

byte at_work = 2;
#ifdef PRODUCER_DIES
bool is_dead;
byte died_at, died_count; /* what it had claimed */
#define MAY_DIE_HERE \
    if \
    :: self == 0 -> d_step { is_dead = true; died_at = position; died_count = count; position = 0; old = 0; x = 0; is_held = false; RESET_COUNT }; goto dead \
    :: true \
    fi
#else
#define MAY_DIE_HERE skip
#endif
bool is_claimed[LAST];

/* lap_guard.hpp raise_floor, list_held_entries. */
inline list_held_entries(self) {
    LOAD(self, HELD(0, 0), x);
    listed = (x > 0);
#ifdef KEEPS
    LOAD(self, HELD(0, 1), x);
    listed = listed + 2 * (x > 0);
#endif
    x = 0
}
inline raise_floor(self) {
    target = (old + BATCH < position -> old + BATCH : position);
#ifdef TRUSTS_FLOOR
    LOAD(self, FLOOR, x);
    if
    :: x > old -> safe = x; goto raised
    :: else
    fi;
#endif
#ifdef FLOOR_FALLS
    STORE(self, FLOOR, target);
#else
    d_step { flush_all(self); if :: memory[FLOOR] < target -> memory[FLOOR] = target :: else fi };
#endif
    HEAVY_E7(self);
    safe = target;
#ifdef TRUSTS_FLOOR
raised:
#endif
    list_held_entries(self);
    target = 0
}

/* lap_guard.hpp is_held. */
inline look_at_word(self, word) {
    if
    :: listed & (1 << (word)) ->
        LOAD(self, HELD(0, word), x);
        d_step {
            if
            :: x == 0 -> listed = listed & ~(1 << (word))
            :: x > 0 && SLOT_OF(x - 1) == SLOT_OF(old) -> is_held = true
            :: else
            fi;
            x = 0
        }
    :: else
    fi
}

/* shared_producer_side.hpp clear_in_a_row. */
inline look_for_a_row(self) {
    if
    :: !is_held && position + 1 < LAST && IS_IN_A_ROW(position + 1) ->
        LOAD(self, SEQ(position + 1), x);
        d_step { count = ((x & 63) == (old + 1 < FIRST -> 0 : old + 2) -> 2 : 1); x = 0 }
    :: true
    fi
}

/* The second one of a batch. */
inline publish_second(self) {
    if
    :: x == 1 && count == 2 -> MAY_DIE_HERE; STORE(self, SEQ(position + 1), position + 2)
    :: else
    fi
}

proctype Producer(byte self) {
    byte position, low, safe, listed, old, target, x;
#if RANGE > 1
    byte count = 1;
#endif
    bool is_held;
    do
    :: LOAD(self, HEAD, position);
        if :: position == LAST -> break :: else fi;
        old = position - SLOTS;
#ifndef IGNORES_THE_SLOT
        LOAD(self, SEQ(position), x);
        if :: (x & 63) != (old < FIRST -> 0 : old + 1) -> goto again :: else fi;
#endif
        if
        :: old >= low ->
            LOAD(self, POS(0), x); /* lap_guard.hpp look_at_cursors */
            d_step { low = (x < position -> x : position); x = 0 };
            if
            :: old >= low ->
                if :: old >= safe -> raise_floor(self) :: else fi;
                look_at_word(self, 0);
#ifdef KEEPS
                look_at_word(self, 1)
#endif
            :: else
            fi
        :: else
        fi;
#if RANGE > 1
        look_for_a_row(self);
#endif
        d_step { /* compare-and-swap */
            flush_all(self);
            if
            :: memory[HEAD] == position ->
                assert(!is_claimed[position]);
                is_claimed[position] = true;
                memory[HEAD] = position + count;
                kinds[position] = (is_held -> tombstone : message);
#if RANGE > 1
                if
                :: count == 2 -> assert(!is_claimed[position + 1]); is_claimed[position + 1] = true; kinds[position + 1] = message
                :: else
                fi;
#endif
                x = 1
            :: else -> x = 0
            fi
        };
        if :: x == 1 -> MAY_DIE_HERE :: else fi;
        if
        :: x == 0
        :: x == 1 && is_held -> STORE(self, SEQ(position), TOMBSTONE + position + 1)
        :: x == 1 && !is_held ->
            STORE(self, PAYLOAD(position), position + 1);
#if RANGE > 1
            if :: count == 2 -> STORE(self, PAYLOAD(position + 1), position + 2) :: else fi;
#endif
            MAY_DIE_HERE;
            STORE(self, SEQ(position), position + 1)
        fi;
#if RANGE > 1
        publish_second(self);
#endif
        if :: x == 1 -> MAY_DIE_HERE :: else fi;
again:
        skip;
        d_step { position = 0; old = 0; x = 0; is_held = false; RESET_COUNT }
    od;
    skip;
    d_step {
        position = 0; low = 0; safe = 0; listed = 0;
        at_work--;
        is_over = (at_work == 0)
    };
dead:
    skip
}

#ifdef PRODUCER_DIES
#ifdef BURIES_ANY
#define IS_UNPUBLISHED(position) true
#else
#define IS_UNPUBLISHED(position) ((memory[SEQ(position)] & 63) == ((position) < 2 * SLOTS -> 0 : (position) - SLOTS + 1))
#endif

/* recovery.cpp bury, once the kernel has let a dead producer's stores out. */
proctype Recovery() {
    byte at;
end:
    is_dead && stores_waiting[0] == 0;
    d_step {
        at = died_at;
        do
        :: at < died_at + died_count ->
            if
            :: IS_UNPUBLISHED(at) -> memory[SEQ(at)] = TOMBSTONE + at + 1; kinds[at] = tombstone
            :: else
            fi;
            at++
        :: else -> break
        od;
        at = 0
    };
    d_step { at_work--; is_over = (at_work == 0) }
}
#endif

init {
    atomic {
        memory[HEAD] = FIRST;
        memory[POS(0)] = FIRST;
        memory[MEMBER(0)] = 1;
        starts_at[0] = FIRST;
        run Memory();
        run Producer(0);
        run Producer(1);
#ifdef PRODUCER_DIES
        run Recovery();
#endif
        run Consumer(0)
    }
}
