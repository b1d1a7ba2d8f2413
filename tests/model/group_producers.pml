/* Two producers and a group (E12): each of them scans what the members have claimed for a gate of its own, they raise
   the shared one by a compare-and-swap, and claim positions from head (E9). One member may die; recovery takes the
   shared gate for what has been released.

   The properties: no position is claimed twice; no slot is reused before its message was processed, and none while a
   member reads it; at the end all were processed, if anybody lives, and none more often than once and again for a death.

   Code: shared_producer_side.hpp try_reserve, clear_to_go, make_room, claim, settle; gate.hpp refresh, announce, raise_to;
   group_scan.hpp lowest_in_group; group_member.hpp try_next_batch, claim, take_first_of, release; group.cpp
   recover_member. (Each member has one held word. Recovery's stores are out at once, and it is not cut short: that is
   group.pml's. No producer dies: that is producer_recovery.pml's.)

   Variants: SLOTS, LAST, DEATHS (0: nobody dies).
   Mistakes: HELD_BEFORE_NEXT (the held words are read before next), INTENT_AFTER_CLAIM, ONE_LOOKS_AGAIN (who finds that
   join_epoch has changed takes the change back), CLEARS_WITHOUT_EPOCH (recovery clears the held word without making the
   producers look again), KEEPS_INTENT (who was too late to claim leaves its intent: room never comes). */
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef LAST
#define LAST 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif

#define PROCESSES 4
#define MEMBER(m) (2 + (m)) /* 0 and 1 are producers */

#define HEAD 0
#define NEXT 1
#define GATE 2
#define REDELIVERY 3      /* position + 1, 0 = none; it counts from when the dead member is an orphan, which here is at once */
#define HELD(m) (4 + (m)) /* as REDELIVERY: intended or held */
#define SEQ(position) (6 + (position) % SLOTS)
#define LOCATIONS (6 + SLOTS)
#include "store_buffers.pml"

#define SEQ_BEFORE(position) ((position) < SLOTS -> 0 : (position) - SLOTS + 1)

/* join_epoch, as far as anybody looks at it: whether it has grown since that producer loaded it. */
bool has_epoch_grown[2], is_refreshing[2];
bool is_to_die, is_dead, is_recovered; /* member 0 */
/* Ghosts. */
byte written, is_reading[2]; /* the highest position that was claimed, position + 1 */
byte times_processed[LAST], at_work = 2;

#define ADD_TO_EPOCH d_step { has_epoch_grown[0] = is_refreshing[0]; has_epoch_grown[1] = is_refreshing[1] }
#define IS_SAFE(m) (is_reading[m] == 0 || written <= is_reading[m] - 1 + SLOTS)

#if DEATHS == 0
#define LOOK_AT_EPOCH(self) skip
#elif defined(ONE_LOOKS_AGAIN)
#define LOOK_AT_EPOCH(self) \
    if :: d_step { has_epoch_grown[self] -> has_epoch_grown[0] = false; has_epoch_grown[1] = false }; goto look_again :: else fi
#else
#define LOOK_AT_EPOCH(self) if :: has_epoch_grown[self] -> goto look_again :: else fi
#endif

inline not_beyond(word) {
    d_step {
        if :: word > 0 && word - 1 < lowest -> lowest = word - 1 :: else fi;
        word = 0
    }
}

/* group_scan.hpp lowest_in_group, gate.hpp refresh, announce. */
inline refresh_gate(self) {
    do
    :: d_step { is_refreshing[self] = true; has_epoch_grown[self] = false };
#ifdef HELD_BEFORE_NEXT
        lowest = 200;
#else
        LOAD(self, NEXT, lowest);
#endif
#if DEATHS > 0
        LOAD(self, REDELIVERY, x); not_beyond(x);
#endif
        LOAD(self, HELD(0), x); not_beyond(x);
        LOAD(self, HELD(1), x); not_beyond(x);
#ifdef HELD_BEFORE_NEXT
        LOAD(self, NEXT, x);
        x++;
        not_beyond(x);
#endif
        LOOK_AT_EPOCH(self);
        d_step { flush_all(self); if :: memory[GATE] < lowest -> memory[GATE] = lowest :: else fi };
        LOOK_AT_EPOCH(self);
        break;
look_again:
        skip
    od;
    skip;
    d_step { gate = lowest; lowest = 0; x = 0; is_refreshing[self] = false; has_epoch_grown[self] = false }
}

/* As in group.pml: who is full looks again and again, or stops until there is room. */
#define IS_ANY_AT_GATE \
    (memory[NEXT] == gate || memory[REDELIVERY] == gate + 1 || memory[HELD(0)] == gate + 1 || memory[HELD(1)] == gate + 1)

proctype Producer(byte self) {
    byte position, gate, lowest, x;
    do
    :: LOAD(self, HEAD, position);
        if :: position == LAST -> break :: else fi;
        if :: position >= gate + SLOTS -> refresh_gate(self) :: else fi;
        if
        :: position < gate + SLOTS
        :: position >= gate + SLOTS -> goto again
        :: position >= gate + SLOTS ->
end_full:
            !IS_ANY_AT_GATE;
            goto again
        fi;
        LOAD(self, SEQ(position), x);
        if :: x != SEQ_BEFORE(position) -> goto again :: else fi;
        d_step { /* compare-and-swap */
            flush_all(self);
            if
            :: memory[HEAD] != position -> x = LAST + 1
            :: else ->
                memory[HEAD] = position + 1;
                written = position + 1;
                assert(memory[SEQ(position)] == SEQ_BEFORE(position));
                assert(IS_SAFE(0) && IS_SAFE(1));
                assert(position < SLOTS || times_processed[position - SLOTS] > 0)
            fi
        };
        if :: x == LAST + 1 -> goto again :: else fi;
        STORE(self, SEQ(position), position + 1);
again:
        skip;
        d_step { position = 0; x = 0 }
    od;
    skip;
    d_step { position = 0; gate = 0; at_work-- }
}

/* Of next, or of the redelivery word: the intent being in place. */
inline take(m, location, old, new) {
    d_step {
        flush_all(MEMBER(m));
        if
        :: memory[location] == old ->
            memory[location] = new;
            is_reading[m] = position + 1;
            assert(IS_SAFE(m));
            is_mine = true
        :: else
        fi
    }
}

proctype Member(byte m) {
    byte position, x;
    bool is_mine;
#if DEATHS > 0
    {
#endif
end:
        do
#if DEATHS > 0
        :: memory[REDELIVERY] > 0 ->
            LOAD(MEMBER(m), REDELIVERY, x);
            if
            :: x > 0 ->
                position = x - 1;
                STORE(MEMBER(m), HELD(m), position + 1);
                take(m, REDELIVERY, position + 1, 0);
                goto taken
            :: else
            fi
#endif
        :: memory[NEXT] < LAST && memory[SEQ(memory[NEXT])] > memory[NEXT] ->
            LOAD(MEMBER(m), NEXT, position);
            if
            :: position < LAST ->
                LOAD(MEMBER(m), SEQ(position), x);
                if
                :: x == position + 1 ->
#ifdef INTENT_AFTER_CLAIM
                    take(m, NEXT, position, position + 1);
                    if :: is_mine -> STORE(MEMBER(m), HELD(m), position + 1) :: else fi;
#else
                    STORE(MEMBER(m), HELD(m), position + 1);
                    take(m, NEXT, position, position + 1);
#endif
taken:
                    if
                    :: is_mine ->
                        LOAD(MEMBER(m), SEQ(position), x);
                        assert(x == position + 1);
                        d_step {
                            times_processed[position]++;
                            assert(times_processed[position] <= 1 + is_dead);
                            is_reading[m] = 0
                        }
                    :: else
                    fi;
#ifdef KEEPS_INTENT
                    if :: is_mine -> STORE(MEMBER(m), HELD(m), 0) :: else fi
#else
                    skip;
                    STORE(MEMBER(m), HELD(m), 0)
#endif
                :: else
                fi
            :: else
            fi;
            skip;
            d_step { position = 0; x = 0; is_mine = false }
        od
#if DEATHS > 0
    } unless {
        d_step { m == 0 && is_to_die -> is_dead = true; is_to_die = false; is_reading[m] = 0; position = 0; x = 0; is_mine = false }
    }
#endif
}

#if DEATHS > 0
proctype Killer() {
    if :: is_to_die = true :: true fi
}

/* group.cpp recover_member, claimed. What neither gate nor next excludes may have been claimed. */
proctype Recovery() {
    byte gate, next;
end:
    is_dead && stores_waiting[MEMBER(0)] == 0;
    ADD_TO_EPOCH;
    gate = memory[GATE];
    next = memory[NEXT];
    if
    :: memory[HELD(0)] > gate && memory[HELD(0)] <= next -> memory[REDELIVERY] = memory[HELD(0)]
    :: else
    fi;
#ifndef CLEARS_WITHOUT_EPOCH
    ADD_TO_EPOCH;
#endif
    memory[HELD(0)] = 0;
    d_step { is_recovered = true; gate = 0; next = 0 }
}
#endif

/* Once nobody has anything to do any more. */
proctype Last() {
    byte position;
    timeout;
    assert(at_work == 0 && is_dead == is_recovered);
    do
    :: position < LAST -> assert(times_processed[position] > 0); position++
    :: else -> break
    od
}

init {
    atomic {
        run Memory();
        run Producer(0);
        run Producer(1);
        run Member(0);
        run Member(1);
#if DEATHS > 0
        run Killer();
        run Recovery();
#endif
        run Last()
    }
}
