/* The producer and the lossy consumers of a ring (E7), for lossy_eviction.pml and lossy_join.pml, which include this.

   Code: lap_guard.hpp look_at, look_at_cursors, raise_floor, list_held_entries, is_held; producer_side.hpp make_room,
   pass_on, refresh_gate, roll_head_forward; consumer_side.hpp try_next_lossy, is_below_floor, release, move_lossy_pos;
   held_entries.hpp hold, undo, release.

   A position's message holds position + 1 as its payload; `kinds` notes what became of each position.
   SLOTS, LAST, CONSUMERS, BATCH (by how many positions floor is raised), KEEPS (a consumer may hold one message while it
   reads on), DEATHS (so many producers die and are followed by another). */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 8
#endif
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef DEATHS
#define DEATHS 0
#endif

#define FIRST SLOTS
#define PRODUCER 0
#define CONSUMER(c) (1 + (c))
#define TOMBSTONE 64 /* the bit of a seq */

#define SLOT_OF(position) ((position) % SLOTS)
#define SEQ(position) SLOT_OF(position)
#define PAYLOAD(position) (SLOTS + SLOT_OF(position))
#define FLOOR (2 * SLOTS + 0)
#define GATE (2 * SLOTS + 1)
#define EPOCH (2 * SLOTS + 2)
#define POS(c) (2 * SLOTS + 3 + (c))
#define MEMBER(c) (2 * SLOTS + 3 + CONSUMERS + (c)) /* the subscription's bit of lossy */
/* A held word: position + 1, 0 where nothing is held. Two of them for each consumer. */
#define HELD(c, word) (2 * SLOTS + 3 + 2 * CONSUMERS + 2 * (c) + (word))
#define FLAGS(position) (2 * SLOTS + 3 + 4 * CONSUMERS + SLOT_OF(position)) /* only for TOMBSTONE_WRITES_HEADER */
#define LOCATIONS (3 * SLOTS + 3 + 4 * CONSUMERS)
#include "store_buffers.pml"

#ifdef WITHOUT_MEMBARRIER
#define HEAVY_E7(process) FENCE(process)
#else
#define HEAVY_E7(process) HEAVY(process)
#endif
#ifdef CONSUMER_WITHOUT_FENCE
#define LIGHT_E7(process) skip
#else
#define LIGHT_E7(process) LIGHT(process)
#endif
#if DEATHS > 0
#define MAY_DIE if :: deaths > 0 -> deaths--; goto successor :: true fi
#else
#define MAY_DIE skip
#endif

#define NEVER 255
mtype:kind = { unpublished, message, tombstone };
mtype:kind kinds[LAST];
byte starts_at[CONSUMERS] = NEVER; /* the position that the daemon admitted the consumer at */
bool is_over;                      /* the producer has published its last */
byte deaths = DEATHS;

/* lap_guard.hpp look_at_cursors. */
inline look_at_cursor(c) {
    LOAD(PRODUCER, MEMBER(c), x);
    if
    :: x ->
        LOAD(PRODUCER, POS(c), x);
        d_step { if :: x < low -> low = x :: else fi }
    :: else
    fi
}
inline look_at_cursors() {
    low = gate;
    look_at_cursor(0);
#if CONSUMERS > 1
    look_at_cursor(1);
#endif
    x = 0
}

/* lap_guard.hpp list_held_entries: one bit of `listed` for each word that is not empty. */
inline list_word(c, word) {
    LOAD(PRODUCER, HELD(c, word), x);
    d_step { if :: x > 0 -> listed = listed | (1 << (2 * (c) + (word))) :: else fi }
}
inline list_held_entries() {
    listed = 0;
    list_word(0, 0);
#ifdef KEEPS
    list_word(0, 1);
#endif
#if CONSUMERS > 1
    list_word(1, 0);
#ifdef KEEPS
    list_word(1, 1);
#endif
#endif
    x = 0
}

/* lap_guard.hpp raise_floor. floor does not fall, also where a successor begins anew. */
inline raise_floor() {
    target = (old + BATCH < announced -> old + BATCH : announced);
#ifdef LISTS_BEFORE_BARRIER
    list_held_entries();
#endif
#ifdef FLOOR_AFTER_BARRIER
    HEAVY_E7(PRODUCER);
#endif
    LOAD(PRODUCER, FLOOR, x);
    if
    :: target > x -> STORE(PRODUCER, FLOOR, target)
    :: else
    fi;
#ifndef FLOOR_AFTER_BARRIER
    HEAVY_E7(PRODUCER);
#endif
    safe = target;
#ifndef LISTS_BEFORE_BARRIER
    list_held_entries();
#endif
    target = 0
}

#ifdef HELD_BY_POSITION
#define HOLDS_SLOT_OF(held, position) (held == position + 1)
#else
#define HOLDS_SLOT_OF(held, position) (SLOT_OF(held - 1) == SLOT_OF(position))
#endif

/* lap_guard.hpp is_held. */
inline look_at_word(c, word) {
    if
    :: listed & (1 << (2 * (c) + (word))) ->
        LOAD(PRODUCER, HELD(c, word), x);
        d_step {
            if
            :: x == 0 -> listed = listed & ~(1 << (2 * (c) + (word)))
            :: x > 0 && HOLDS_SLOT_OF(x, old) -> is_held = true
            :: else
            fi
        }
    :: else
    fi
}
inline look_at_listed() {
    look_at_word(0, 0);
#ifdef KEEPS
    look_at_word(0, 1);
#endif
#if CONSUMERS > 1
    look_at_word(1, 0);
#ifdef KEEPS
    look_at_word(1, 1);
#endif
#endif
    x = 0
}

/* producer_side.hpp refresh_gate, with history and no lossless subscription (join.pml has those). Where nobody joins, the
   gate is taken to be head all the time, without the fence: the most that a producer may lap. */
inline refresh_gate() {
#ifdef JOINS
    if
    :: head - gate >= SLOTS ->
        do
        :: LOAD(PRODUCER, EPOCH, epoch);
            gate = (head - HISTORY > FIRST -> head - HISTORY : FIRST);
            announced = gate;
#ifdef GATE_OVER_LOSSY
            LOAD(PRODUCER, MEMBER(0), x);
            if
            :: x -> LOAD(PRODUCER, POS(0), x); d_step { if :: x < announced -> announced = x :: else fi }
            :: else
            fi;
#endif
            LOAD(PRODUCER, GATE, x);
            if
            :: announced > x -> STORE(PRODUCER, GATE, announced)
            :: else
            fi;
            FENCE(PRODUCER);
            LOAD(PRODUCER, EPOCH, x);
            if
            :: x == epoch -> break
            :: else
            fi
        od;
        epoch = 0;
        x = 0;
        look_at_cursors()
    :: else
    fi
#else
    gate = head;
    announced = gate
#endif
}

proctype Producer() {
    byte head = FIRST, gate, announced, low, safe, listed, old, target, epoch, x;
    bool is_held;
successor:
    skip; /* the kernel has let a dead producer's stores out */
    d_step {
        flush_all(PRODUCER);
        if :: head < LAST && (memory[SEQ(head)] & 63) == head + 1 -> head++ :: else fi;
        gate = head - SLOTS;
        announced = gate;
        low = gate;
        safe = gate;
        listed = 0; old = 0; target = 0; epoch = 0; x = 0; is_held = false
    };
#ifdef SUCCESSOR_TRUSTS_FLOOR
    LOAD(PRODUCER, FLOOR, safe);
#endif
    do
    :: head == LAST -> break
    :: else ->
        refresh_gate();
        old = head - SLOTS;
        if
        :: old >= low ->
            look_at_cursors();
            if
            :: old >= low ->
                if :: old >= safe -> raise_floor() :: else fi;
                MAY_DIE;
                look_at_listed()
            :: else
            fi
        :: else
        fi;
        old = 0;
        if
        :: is_held ->
            d_step { is_held = false; kinds[head] = tombstone };
#ifdef TOMBSTONE_WRITES_HEADER
            STORE(PRODUCER, FLAGS(head), 1);
            STORE(PRODUCER, SEQ(head), head + 1)
#else
            STORE(PRODUCER, SEQ(head), TOMBSTONE + head + 1)
#endif
        :: else ->
            kinds[head] = message;
#ifdef TOMBSTONE_WRITES_HEADER
            STORE(PRODUCER, FLAGS(head), 0);
#endif
            STORE(PRODUCER, PAYLOAD(head), head + 1);
            MAY_DIE;
            STORE(PRODUCER, SEQ(head), head + 1)
        fi;
        MAY_DIE;
        head++
    od;
    skip;
    d_step { is_over = true; gate = 0; announced = 0; low = 0; safe = 0; listed = 0 }
}

/* What a view shows, at any moment until it is released. */
#define LOOK_AT_VIEW(c, position) LOAD(CONSUMER(c), PAYLOAD(position), x); assert(x == position + 1); x = 0

/* Ghost: exactly what lies between two positions, once both are decided. */
inline count_passed(from, to) {
    position = from;
    do
    :: position < to -> lost_tombstones = lost_tombstones + (kinds[position] == tombstone); position++
    :: else -> break
    od;
    position = 0
}

#ifdef KEEPS
#define HAS_KEPT (kept > 0)
#else
#define HAS_KEPT false
#endif

proctype Consumer(byte c) {
    byte next, floor, seq, word, kept, x, position;
    byte delivered, stepped_over, lost, lost_tombstones;
    starts_at[c] != NEVER;
    next = starts_at[c];
    do
    :: is_over && next == LAST && !HAS_KEPT -> break
#ifdef KEEPS
    :: kept > 0 ->
        LOOK_AT_VIEW(c, kept - 1);
        STORE(CONSUMER(c), HELD(c, 1 - word), 0);
        kept = 0;
        STORE(CONSUMER(c), POS(c), next)
#endif
    :: next < LAST ->
        STORE(CONSUMER(c), HELD(c, word), next + 1);
        LIGHT_E7(CONSUMER(c));
        LOAD(CONSUMER(c), FLOOR, floor);
        LOAD(CONSUMER(c), SEQ(next), seq);
#ifdef TOMBSTONE_WRITES_HEADER
        if
        :: next >= floor && seq == next + 1 ->
            LOAD(CONSUMER(c), FLAGS(next), x);
            if :: x -> seq = TOMBSTONE + next + 1; x = 0 :: else fi
        :: else
        fi;
#endif
        if
        :: next >= floor && seq == next + 1 ->
            assert(kinds[next] == message);
            LOOK_AT_VIEW(c, next);
            d_step { delivered++; next++ };
            if
#ifdef KEEPS
            :: kept == 0 -> kept = next; word = 1 - word
#endif
            :: true ->
                LOOK_AT_VIEW(c, next - 1);
                STORE(CONSUMER(c), HELD(c, word), 0);
                if :: !HAS_KEPT -> STORE(CONSUMER(c), POS(c), next) :: else fi
            fi
        :: next < floor ->
            STORE(CONSUMER(c), HELD(c, word), 0);
            d_step { lost = lost + floor - next; count_passed(next, floor); next = floor };
            if :: !HAS_KEPT -> STORE(CONSUMER(c), POS(c), next) :: else fi
        :: next >= floor && seq == TOMBSTONE + next + 1 ->
            STORE(CONSUMER(c), HELD(c, word), 0);
            d_step { assert(kinds[next] == tombstone); stepped_over++; next++ };
            if :: !HAS_KEPT -> STORE(CONSUMER(c), POS(c), next) :: else fi
        :: next >= floor && (seq & 63) < next + 1 -> /* nothing yet */
            STORE(CONSUMER(c), HELD(c, word), 0)
        :: next >= floor && (seq & 63) > next + 1 ->
            STORE(CONSUMER(c), HELD(c, word), 0);
#ifdef NEWER_IS_NOTHING_YET
            (memory[SEQ(next)] & 63) == next + 1 /* a sleep that waits for it */
#else
            LOAD(CONSUMER(c), FLOOR, floor);
            assert(next < floor)
#endif
        fi;
        d_step { seq = 0; floor = 0 }
    od;
    skip;
    d_step {
        assert(delivered + stepped_over + lost == LAST - starts_at[c]);
        position = starts_at[c];
        do
        :: position < LAST -> x = x + (kinds[position] == message); position++
        :: else -> break
        od;
#ifdef LOST_IS_MESSAGES
        assert(delivered + lost == x)
#else
        assert(delivered + lost - lost_tombstones == x)
#endif
    }
}
