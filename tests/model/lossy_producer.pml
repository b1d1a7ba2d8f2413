/* The producer's side of E7; part of lossy_ring.pml.

   Code: lap_guard.hpp look_at, look_at_cursors, raise_floor, list_held_entries, is_held; producer_side.hpp make_room,
   pass_on; head.hpp find_head; gate.hpp refresh. */

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

/* gate.hpp refresh, with history and no lossless subscription (join.pml has those). Where nobody joins, the
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

#if RANGE > 1
#ifdef ROW_BEYOND_LOW
#define IS_FREE(position) ((position) - SLOTS < gate)
#elif defined(ROW_UP_TO_FLOOR)
#define IS_FREE(position) ((position) - SLOTS < gate && ((position) - SLOTS < low || (position) - SLOTS < safe))
#else
#define IS_FREE(position) ((position) - SLOTS < gate && (position) - SLOTS < low)
#endif

/* producer_side.hpp try_reserve, make_room's free_until: a batch goes on behind head. */
inline write_second() {
    if
    :: head + 1 < LAST && IS_FREE(head + 1) ->
        d_step { is_batch = true; kinds[head + 1] = message };
        STORE(PRODUCER, PAYLOAD(head + 1), head + 2)
    :: true
    fi
}
inline publish_second() {
    if
    :: is_batch -> MAY_DIE; d_step { is_batch = false; head++ }; STORE(PRODUCER, SEQ(head), head + 1)
    :: else
    fi
}
#endif

proctype Producer() {
    byte head = FIRST, gate, announced, low, safe, listed, old, target, epoch, x;
    bool is_held;
#if RANGE > 1
    bool is_batch;
#endif
successor:
    skip; /* the kernel has let a dead producer's stores out */
    d_step {
        flush_all(PRODUCER);
        if :: head < LAST && (memory[SEQ(head)] & 63) == head + 1 -> head++ :: else fi;
        gate = head - SLOTS;
        announced = gate;
        low = gate;
        safe = gate;
        listed = 0; old = 0; target = 0; epoch = 0; x = 0; is_held = false;
#if RANGE > 1
        is_batch = false;
#endif
        skip
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
#if RANGE > 1
            write_second();
#endif
            MAY_DIE;
            STORE(PRODUCER, SEQ(head), head + 1)
        fi;
#if RANGE > 1
        publish_second();
#endif
        MAY_DIE;
        head++
    od;
    skip;
    d_step { is_over = true; gate = 0; announced = 0; low = 0; safe = 0; listed = 0 }
}
