/* E12, claim against refresh, and the hand-over of what a dead member had.

   A work queue: two members compete for the messages of one producer. A member announces the position it intends in its
   held word, then claims it by a compare-and-swap of `next`. Members may die; recovery hands what a dead member had
   claimed to the other one by a redelivery word, which counts from when the dead one is among the orphans. Recovery may
   die too, at any step, and begins anew; all that it knows then is in memory.
   Code: group_member.hpp try_next_batch, claim, take_first_of, release; group.cpp recover_member, settle_orphan;
   group_scan.hpp lowest_in_group; gate.hpp refresh. (A member has one held word, and there is one redelivery word, which
   one dead member has at a time, and one bit for it in orphans; nobody sleeps.)
   The properties: no slot is reused before its message was processed, and none while a member reads it. At the end all
   were, if anybody lives; none more often than once and again for each death of a member, but for early_takes: a member
   that saw an orphan, and looks at its word only when the place is another's, who died too, may have that before it counts
   as offered; a recovery that dies then offers it again.

   Variants: SLOTS, LAST, DEATHS, RESTARTS (0: who died does not join again), RECOVERY_DEATHS, TAKE_IS_SILENT (taking a
   redelivery does not add to join_epoch), POLLS (a full producer never stops looking: fewer states, but a room that never
   comes is not found).
   Mistakes: GATE_FALLS (announced also where it is lower), HELD_BEFORE_NEXT (the producer reads the held words first),
   INTENT_AFTER_CLAIM, RECOVERY_WITHOUT_EPOCH (neither before it looks at the gate, nor after its redelivery word),
   ANNOUNCES_UNCHECKED (the gate is announced without a look at join_epoch before), KEEPS_INTENT (who was too late to claim
   leaves its intent: room never comes). Of a recovery that dies: OFFERS_AGAIN
   (whether others were offered it already is not looked at), ORPHAN_BEFORE_WORDS (it is an orphan before its word is
   there), GOES_ON_WITHOUT_EPOCH (what was offered before it died is cleared at once). */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 4
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef RECOVERY_DEATHS
#define RECOVERY_DEATHS 0
#endif

#define PROCESSES 4
#define PRODUCER 0
#define MEMBER(m) (1 + (m))
#define RECOVERY 3

#define NEXT 0
#define GATE 1
#define REDELIVERY 2    /* position + 1, 0 = none */
#define ORPHANS 3       /* 1: the redelivery word counts */
#define HELD(m) (4 + (m)) /* as REDELIVERY: intended or held */
#define SEQ(position) (6 + (position) % SLOTS)
#define LOCATIONS (6 + SLOTS)
#include "store_buffers.pml"

/* join_epoch, as far as anybody looks at it: whether it has grown since the producer loaded it first. */
bool has_epoch_grown, is_refreshing;
bool is_to_die[2], is_dead[2], is_recovered[2], is_restarted = !RESTARTS;
byte owner; /* of the redelivery word: a dead member + 1, ORPHAN once it is recovered, 0 = none */
#define ORPHAN 3
/* Ghosts. */
byte head, is_reading[2]; /* position + 1 */
byte times_processed[LAST + 1], deaths, early_takes;

#define ADD_TO_EPOCH(process) d_step { flush_all(process); has_epoch_grown = is_refreshing }
#define IS_SAFE(m) (is_reading[m] == 0 || head <= is_reading[m] - 1 + SLOTS)

inline not_beyond(word) {
    d_step {
        if :: word > 0 && word - 1 < lowest -> lowest = word - 1 :: else fi;
        word = 0
    }
}
inline scan() {
    LOAD(PRODUCER, ORPHANS, is_orphan);
#ifdef HELD_BEFORE_NEXT
    lowest = 200;
#else
    LOAD(PRODUCER, NEXT, lowest);
#endif
    if :: is_orphan -> LOAD(PRODUCER, REDELIVERY, x); not_beyond(x) :: else fi;
    LOAD(PRODUCER, HELD(0), x); not_beyond(x);
    LOAD(PRODUCER, HELD(1), x); not_beyond(x);
#ifdef HELD_BEFORE_NEXT
    LOAD(PRODUCER, NEXT, x);
    x++;
    not_beyond(x)
#endif
}

/* Who is full looks again and again; here it may also stop until there is room, so that a room that never comes is found. */
#define IS_ANY_AT_GATE \
    (memory[NEXT] == gate || memory[REDELIVERY] == gate + 1 || memory[HELD(0)] == gate + 1 || memory[HELD(1)] == gate + 1)

proctype Producer() {
    byte gate, lowest, x;
    bool is_orphan;
    do
    :: head == LAST -> break
    :: head < LAST && head >= gate + SLOTS ->
scan_again:
        atomic { is_refreshing = true; has_epoch_grown = false };
        scan();
#ifndef ANNOUNCES_UNCHECKED
        if :: has_epoch_grown -> goto scan_again :: else fi;
#endif
        LOAD(PRODUCER, GATE, x);
#ifdef GATE_FALLS
        x = 0;
        STORE(PRODUCER, GATE, lowest);
#else
        if :: lowest > x -> STORE(PRODUCER, GATE, lowest) :: else fi;
#endif
        FENCE(PRODUCER);
        if :: has_epoch_grown -> goto scan_again :: else fi;
        d_step { gate = lowest; lowest = 0; x = 0; is_orphan = false; is_refreshing = false };
#ifndef POLLS
        if
        :: true /* full still, or not */
        :: head >= gate + SLOTS ->
end_full:
            !IS_ANY_AT_GATE
        fi;
#endif
        skip
    :: head < LAST && head < gate + SLOTS ->
        d_step {
            head++;
            assert(IS_SAFE(0) && IS_SAFE(1));
            assert(head <= SLOTS || times_processed[head - 1 - SLOTS] > 0)
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
            if :: memory[ORPHANS] == 0 -> early_takes++ :: else fi;
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

#define HAS_ORPHANS (memory[ORPHANS] > 0 && memory[REDELIVERY] > 0)

proctype Member(byte m) {
    byte position, x;
    bool is_mine;
end_dead:
    do
    :: atomic { is_dead[m] && is_recovered[m] && is_restarted } -> break
#if RESTARTS > 0
    :: atomic {
            is_dead[m] && is_recovered[m] && !is_restarted ->
            d_step { is_restarted = true; is_recovered[m] = false; is_dead[m] = false; position = 0; x = 0; is_mine = false }
        }
#endif
    :: !is_dead[m] -> {
            LOAD(MEMBER(m), ORPHANS, x);
            if :: x > 0 -> LOAD(MEMBER(m), REDELIVERY, x) :: else fi;
            if
            :: x > 0 -> take_redelivery(m)
            :: else ->
                LOAD(MEMBER(m), NEXT, position);
                if
                :: position == LAST ->
end_nothing_left:
                    (HAS_ORPHANS || is_to_die[m]);
                    goto next_turn
                :: else
                fi;
                (memory[SEQ(position)] > position || memory[NEXT] != position || HAS_ORPHANS || is_to_die[m]);
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
                d_step {
                    times_processed[position]++;
                    assert(times_processed[position] <= 1 + deaths + early_takes);
                    is_reading[m] = 0
                }
            :: else
            fi;
#ifdef KEEPS_INTENT
            if :: is_mine -> STORE(MEMBER(m), HELD(m), 0) :: else fi;
#else
            skip;
            STORE(MEMBER(m), HELD(m), 0);
#endif
next_turn:
            skip;
            d_step { position = 0; x = 0; is_mine = false }
        } unless {
            d_step { is_to_die[m] -> is_dead[m] = true; is_to_die[m] = false; is_reading[m] = 0; deaths++ }
        }
    od
}

proctype Killer() {
    byte left = DEATHS;
    do
    :: d_step { true -> left = 0 } -> break
    :: left > 0 ->
        if
        :: !is_dead[0] -> is_to_die[0] = true
        :: !is_dead[1] -> is_to_die[1] = true
        fi;
        left--
    od
}

#define NEEDS_RECOVERY(m) \
    (is_dead[m] && !is_recovered[m] && stores_waiting[MEMBER(m)] == 0 && (owner == 0 || owner == (m) + 1))

/* Instead of any step. */
#define FORGET dead = 0; gate = 0; next = 0; x = 0; is_offered = false
#define DIES d_step { recovery_deaths_left > 0 -> recovery_deaths_left--; FORGET }; goto died
#define OR_DIE(step) if :: step :: DIES fi

#define BECOME_ORPHAN d_step { flush_all(RECOVERY); memory[ORPHANS] = 1 }

/* Its redelivery words, as far as recovery has them from its held words. Nothing: it never claimed it, or another one
   has released it. */
inline store_words() {
    OR_DIE(LOAD(RECOVERY, HELD(dead), x));
    if
    :: x > 0 ->
#ifdef RECOVERY_WITHOUT_EPOCH
        gate = 0;
#endif
        OR_DIE(STORE(RECOVERY, REDELIVERY, (next < x || gate >= x -> 0 : x)))
    :: else
    fi
}

inline recover() {
#ifdef GOES_ON_WITHOUT_EPOCH
    LOAD(RECOVERY, ORPHANS, is_offered);
    if :: is_offered -> goto offered :: else fi;
#endif
#ifndef RECOVERY_WITHOUT_EPOCH
    OR_DIE(ADD_TO_EPOCH(RECOVERY));
#endif
    OR_DIE(LOAD(RECOVERY, GATE, gate));
    OR_DIE(LOAD(RECOVERY, NEXT, next));
    OR_DIE(LOAD(RECOVERY, ORPHANS, is_offered));
#ifdef OFFERS_AGAIN
    is_offered = false;
#endif
#ifdef ORPHAN_BEFORE_WORDS
    OR_DIE(BECOME_ORPHAN);
#endif
    if :: !is_offered -> store_words() :: else fi;
    OR_DIE(BECOME_ORPHAN);
#ifndef RECOVERY_WITHOUT_EPOCH
    OR_DIE(ADD_TO_EPOCH(RECOVERY));
#endif
#ifdef GOES_ON_WITHOUT_EPOCH
offered:
    skip;
#endif
    OR_DIE(STORE(RECOVERY, HELD(dead), 0));
    OR_DIE(FENCE(RECOVERY));
    d_step { is_recovered[dead] = true; owner = ORPHAN; FORGET }
}

inline settle() {
    d_step { flush_all(RECOVERY); memory[ORPHANS] = 0 };
    ADD_TO_EPOCH(RECOVERY);
    owner = 0
}

proctype Recovery() {
    byte recovery_deaths_left = RECOVERY_DEATHS, dead, gate, next, x;
    bool is_offered;
end:
    do
    :: d_step {
            stores_waiting[RECOVERY] == 0 && (NEEDS_RECOVERY(0) || NEEDS_RECOVERY(1)) ->
            dead = (NEEDS_RECOVERY(0) -> 0 : 1);
            owner = dead + 1
        };
        recover()
    :: owner == ORPHAN && memory[REDELIVERY] == 0 -> settle()
died:
        skip
    od
}

/* Once nobody has anything to do any more. */
#define NOBODY_LIVES (is_dead[0] && is_dead[1])
#define IS_DONE_WITH(m) (!is_dead[m] || is_recovered[m])

proctype Last() {
    byte position;
    timeout;
    assert(NOBODY_LIVES || (head == LAST && IS_DONE_WITH(0) && IS_DONE_WITH(1)));
    do
    :: position < LAST -> assert(NOBODY_LIVES || times_processed[position] > 0); position++
    :: else -> break
    od
}

init {
    atomic {
        run Memory();
        run Producer();
        run Member(0);
        run Member(1);
        run Killer();
        run Recovery();
        run Last()
    }
}
