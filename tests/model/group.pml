/* E12, claim against refresh, and the hand-over of what a dead member had.

   A work queue: two members compete for the messages of one producer. A member announces the position it intends in its
   held word, then claims it by a compare-and-swap of `next`. Members may die; recovery hands what a dead member had
   claimed to the other one by a redelivery word.
   Code: group_member.hpp try_next_batch, claim, take_first_of, release; group.cpp recover_member; group_scan.hpp
   lowest_in_group; gate.hpp refresh. (A member has one held word and there is one redelivery word; nobody sleeps.)
   The properties: no slot is reused before its message was processed, and none while a member reads it.

   Variants: SLOTS, LAST, DEATHS, TAKE_IS_SILENT (taking a redelivery does not add to join_epoch).
   Mistakes: GATE_FALLS (announced also where it is lower), HELD_BEFORE_NEXT (the producer reads the held words first),
   INTENT_AFTER_CLAIM, RECOVERY_WITHOUT_EPOCH (neither before it looks at the gate, nor after its redelivery word),
   ANNOUNCES_UNCHECKED (the gate is announced without a look at join_epoch before). */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 4
#endif
#ifndef DEATHS
#define DEATHS 1
#endif

#define PROCESSES 4
#define PRODUCER 0
#define MEMBER(m) (1 + (m))
#define RECOVERY 3

#define NEXT 0
#define GATE 1
#define EPOCH 2
#define REDELIVERY 3    /* position + 1, 0 = none */
#define HELD(m) (4 + (m)) /* likewise: intended or held */
#define SEQ(position) (6 + (position) % SLOTS)
#define LOCATIONS (6 + SLOTS)
#include "store_buffers.pml"

bool is_to_die[2], is_dead[2], is_recovered[2], is_restarted;
/* Ghosts. */
byte head, is_reading[2]; /* position + 1 */
bool is_processed[LAST + 1];

#define ADD_TO_EPOCH(process) d_step { flush_all(process); memory[EPOCH]++ }
#define IS_SAFE(m) (is_reading[m] == 0 || head <= is_reading[m] - 1 + SLOTS)

inline not_beyond(word) {
    d_step {
        if :: word > 0 && word - 1 < lowest -> lowest = word - 1 :: else fi;
        word = 0
    }
}
inline scan() {
#ifdef HELD_BEFORE_NEXT
    lowest = 200;
#else
    LOAD(PRODUCER, NEXT, lowest);
#endif
    LOAD(PRODUCER, REDELIVERY, x); not_beyond(x);
    LOAD(PRODUCER, HELD(0), x); not_beyond(x);
    LOAD(PRODUCER, HELD(1), x); not_beyond(x);
#ifdef HELD_BEFORE_NEXT
    LOAD(PRODUCER, NEXT, x);
    x++;
    not_beyond(x)
#endif
}

proctype Producer() {
    byte gate, lowest, epoch, x;
    do
    :: head == LAST -> break
    :: head < LAST && head >= gate + SLOTS ->
scan_again:
        skip;
        LOAD(PRODUCER, EPOCH, epoch);
        scan();
#ifndef ANNOUNCES_UNCHECKED
        LOAD(PRODUCER, EPOCH, x);
        if :: x != epoch -> goto scan_again :: else fi;
#endif
        LOAD(PRODUCER, GATE, x);
#ifdef GATE_FALLS
        x = 0;
        STORE(PRODUCER, GATE, lowest);
#else
        if :: lowest > x -> STORE(PRODUCER, GATE, lowest) :: else fi;
#endif
        FENCE(PRODUCER);
        LOAD(PRODUCER, EPOCH, x);
        if :: x != epoch -> goto scan_again :: else fi;
        d_step { gate = lowest; lowest = 0; epoch = 0; x = 0 }
    :: head < LAST && head < gate + SLOTS ->
        d_step {
            head++;
            assert(IS_SAFE(0) && IS_SAFE(1));
            assert(head <= SLOTS || is_processed[head - 1 - SLOTS])
        };
        STORE(PRODUCER, SEQ(head - 1), head)
    od
}

/* Takes the redelivery word by a compare-and-swap, the intent being in place. */
inline take_redelivery(m) {
    position = x - 1;
    STORE(MEMBER(m), HELD(m), position + 1);
#ifndef TAKE_IS_SILENT
    ADD_TO_EPOCH(MEMBER(m));
#endif
    d_step {
        flush_all(MEMBER(m));
        if
        :: memory[REDELIVERY] == position + 1 ->
            memory[REDELIVERY] = 0;
            is_reading[m] = position + 1;
            assert(IS_SAFE(m));
            is_mine = true
        :: else
        fi
    }
}

inline claim_next(m) {
    d_step {
        flush_all(MEMBER(m));
        if
        :: memory[NEXT] == position -> memory[NEXT] = position + 1; is_reading[m] = position + 1; is_mine = true
        :: else
        fi
    }
}

proctype Member(byte m) {
    byte position, x;
    bool is_mine;
    do
    :: atomic { is_dead[m] && is_recovered[m] && is_restarted } -> break
    :: atomic {
            is_dead[m] && is_recovered[m] && !is_restarted ->
            d_step { is_restarted = true; is_recovered[m] = false; is_dead[m] = false; position = 0; x = 0; is_mine = false }
        }
    :: !is_dead[m] -> {
            LOAD(MEMBER(m), REDELIVERY, x);
            if
            :: x > 0 -> take_redelivery(m)
            :: else ->
                LOAD(MEMBER(m), NEXT, position);
                if
                :: position == LAST ->
end_nothing_left:
                    (memory[REDELIVERY] > 0 || is_to_die[m]);
                    goto next_turn
                :: else
                fi;
                (memory[SEQ(position)] > position || memory[NEXT] != position || memory[REDELIVERY] > 0 || is_to_die[m]);
                LOAD(MEMBER(m), SEQ(position), x);
                if :: x != position + 1 -> goto next_turn :: else fi;
#ifndef INTENT_AFTER_CLAIM
                STORE(MEMBER(m), HELD(m), position + 1);
#endif
                claim_next(m);
#ifdef INTENT_AFTER_CLAIM
                if :: is_mine -> STORE(MEMBER(m), HELD(m), position + 1) :: else fi
#endif
            fi;
            if
            :: is_mine ->
                LOAD(MEMBER(m), SEQ(position), x);
                assert(x == position + 1);
                LOAD(MEMBER(m), SEQ(position), x);
                assert(x == position + 1);
                d_step { is_processed[position] = true; is_reading[m] = 0 }
            :: else
            fi;
            skip;
            STORE(MEMBER(m), HELD(m), 0);
next_turn:
            skip;
            d_step { position = 0; x = 0; is_mine = false }
        } unless {
            d_step { is_to_die[m] -> is_dead[m] = true; is_to_die[m] = false; is_reading[m] = 0 }
        }
    od
}

proctype Killer() {
    byte left = DEATHS;
    do
    :: true -> break
    :: left > 0 ->
        if
        :: !is_dead[0] -> is_to_die[0] = true
        :: !is_dead[1] -> is_to_die[1] = true
        fi;
        left--
    od
}

#define NEEDS_RECOVERY(m) (is_dead[m] && !is_recovered[m] && stores_waiting[MEMBER(m)] == 0)

proctype Recovery() {
    byte dead, intent, x;
end:
    do
    :: (NEEDS_RECOVERY(0) || NEEDS_RECOVERY(1)) ->
        dead = (NEEDS_RECOVERY(0) -> 0 : 1);
        LOAD(RECOVERY, HELD(dead), intent);
        LOAD(RECOVERY, NEXT, x);
        if
        :: intent == 0 || x < intent /* nothing, or it never claimed */
        :: else ->
            memory[REDELIVERY] == 0; /* the only word that this model has: until it is taken */
#ifndef RECOVERY_WITHOUT_EPOCH
            ADD_TO_EPOCH(RECOVERY);
            LOAD(RECOVERY, GATE, x);
            if :: x >= intent -> goto released :: else fi;
#endif
            skip;
            STORE(RECOVERY, REDELIVERY, intent);
#ifndef RECOVERY_WITHOUT_EPOCH
            ADD_TO_EPOCH(RECOVERY);
#endif
released:
            skip
        fi;
        skip;
        STORE(RECOVERY, HELD(dead), 0);
        FENCE(RECOVERY);
        is_recovered[dead] = true
    od
}

init {
    atomic {
        run Memory();
        run Producer();
        run Member(0);
        run Member(1);
        run Killer();
        run Recovery()
    }
}
