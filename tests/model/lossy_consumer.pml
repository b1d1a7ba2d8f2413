/* A lossy consumer's side of E7; part of lossy_ring.pml.

   Code: lossy_consumer.hpp try_next, is_below_floor, move_pos_to; marking_consumer.hpp release, take_more; held_entries.hpp
   hold, undo, release. */

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
#ifdef REJOINS
    byte start;
#endif
    starts_at[c] != NEVER;
    next = starts_at[c];
    do
    :: is_over && next == LAST && !HAS_KEPT -> break
#ifdef REJOINS
    :: rejoins > 0 && !HAS_KEPT -> rejoins--; join_again(c)
#endif
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
