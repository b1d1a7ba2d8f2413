/* Batches of claims in a group (E12): a member marks as many positions in a row as are ready, in one held word, and claims
   them with one compare-and-swap of next. It releases them in any order, and the word shrinks from both ends. What of
   them a dead member had not released is offered as one redelivery word, from which others take one after the other.

   The properties: no slot is reused before its message was processed, and none while a member reads it; at the end all were
   processed, none more often than once and again for the death; and nobody takes what next has not passed.

   Code: group_member.hpp try_next_batch, ready_in_a_row, claim, take_first_of, release, release_batch; held_entries.hpp
   held_word, undo, shrink; redelivery.hpp redelivery_word, left_to; group.cpp claimed, recover_member; group_scan.hpp
   lowest_in_group; gate.hpp refresh. (A batch is two positions. Each member has one held word, and takes nothing more while it
   holds something. Recovery's stores are out at once, and it is not cut short: that is group.pml's.)

   Variants: SLOTS, LAST, RESTARTS (who died joins again, and takes what it left together with the other one).
   Mistakes: INTENT_OF_THE_FIRST (a batch is marked by its first position alone), CLAIMS_UNSEEN_SLOTS (whether the second one is
   there or not), TAKES_ONE_BACK (of two that another one was quicker to claim), RELEASES_ALL (with the first one that is
   released), SCANS_THE_LAST (a word holds the producer at its last position), OFFERS_THE_FIRST (of what a dead member had
   claimed), OFFERS_BY_THE_LAST (also what begins below the gate, if it ends above), TAKES_ALL (who takes one from the
   redelivery word leaves nothing there), OFFERS_UNCLAIMED (all that was marked, next or not). */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 3
#endif

#define PROCESSES 3
#define PRODUCER 0
#define MEMBER(m) (1 + (m)) /* 0 may die */

#define NEXT 0
#define GATE 1
#define REDELIVERY 2      /* a word as below; it counts from when the dead member is an orphan, which here is at once */
#define HELD(m) (3 + (m)) /* intended or held */
#define SEQ(position) (5 + (position) % SLOTS)
#define LOCATIONS (5 + SLOTS)
#include "store_buffers.pml"

/* Positions in a row; 0 = none. */
#define WORD(first, count) (((first) + 1) * 4 + (count))
#define FIRST_OF(word) ((word) / 4 - 1)
#define COUNT_OF(word) ((word) % 4)

#ifdef INTENT_OF_THE_FIRST
#define MARK(first, count) WORD(first, 1)
#else
#define MARK(first, count) WORD(first, count)
#endif
#ifdef TAKES_ONE_BACK
#define TAKEN_BACK(first, count) (count == 2 -> WORD(first, 1) : 0)
#else
#define TAKEN_BACK(first, count) 0
#endif
#ifdef TAKES_ALL
#define LEFT_OF(word) 0
#else
#define LEFT_OF(word) (COUNT_OF(word) == 2 -> WORD(FIRST_OF(word) + 1, 1) : 0)
#endif
#ifdef RELEASES_ALL
#define STILL_HELD(first, count) 0
#else
#define STILL_HELD(first, count) (count > 0 -> WORD(first, count) : 0)
#endif
#ifdef SCANS_THE_LAST
#define HOLDS_AT(word) (FIRST_OF(word) + COUNT_OF(word) - 1)
#else
#define HOLDS_AT(word) FIRST_OF(word)
#endif

/* join_epoch, as far as the producer looks at it: whether it has grown since it loaded it first. */
bool has_epoch_grown, is_refreshing;
#define ADD_TO_EPOCH has_epoch_grown = is_refreshing

bool is_to_die, is_dead, is_recovered; /* member 0 */
/* Ghosts. */
byte head, reads_from[2], reads[2]; /* so many positions */
byte times_processed[LAST];

#define IS_SAFE(m) (reads[m] == 0 || head <= reads_from[m] + SLOTS)

/* Below the producer's own gate there is no honest word, or the intent of a member that another was quicker than. */
inline look_at_word(location) {
    d_step {
        load(PRODUCER, location, x);
        if :: x > 0 && HOLDS_AT(x) >= gate && HOLDS_AT(x) < lowest -> lowest = HOLDS_AT(x) :: else fi;
        x = 0
    }
}

/* As in group.pml: who is full looks again and again, or stops until there is room. */
#define IS_AT_GATE(location) (memory[location] > 0 && FIRST_OF(memory[location]) == gate)

proctype Producer() {
    byte gate, lowest, x;
    do
    :: head == LAST -> break
    :: head < LAST && head >= gate + SLOTS ->
scan_again:
        skip;
        d_step { is_refreshing = true; has_epoch_grown = false };
        LOAD(PRODUCER, NEXT, lowest);
        look_at_word(REDELIVERY);
        look_at_word(HELD(0));
        look_at_word(HELD(1));
        if :: has_epoch_grown -> goto scan_again :: else fi;
        d_step { load(PRODUCER, GATE, x); if :: lowest > x -> append_store(PRODUCER, GATE, lowest) :: else fi; x = 0 };
        FENCE(PRODUCER);
        if :: has_epoch_grown -> goto scan_again :: else fi;
        d_step { gate = lowest; lowest = 0; is_refreshing = false; has_epoch_grown = false };
        if
        :: true /* full still, or not */
        :: head >= gate + SLOTS -> !(memory[NEXT] == gate || IS_AT_GATE(REDELIVERY) || IS_AT_GATE(HELD(0)) || IS_AT_GATE(HELD(1)))
        fi
    :: head < LAST && head < gate + SLOTS ->
        d_step {
            head++;
            assert(IS_SAFE(0) && IS_SAFE(1));
            assert(head <= SLOTS || times_processed[head - 1 - SLOTS] > 0)
        };
        STORE(PRODUCER, SEQ(head - 1), head)
    od
}

/* Of next, or of the redelivery word: the intent being in place. */
inline take(m, location, old, new) {
    d_step {
        flush_all(MEMBER(m));
        if
        :: memory[location] == old ->
            memory[location] = new;
            reads_from[m] = position;
            reads[m] = count;
            assert(IS_SAFE(m));
            assert(position < memory[NEXT]);
            is_mine = true
        :: else
        fi
    }
}

inline look_at_message(m, which) { d_step { load(MEMBER(m), SEQ(which), x); assert(x == (which) + 1); x = 0 } }

/* Its reads are over; `position` and `count` are what is left. */
inline release(m, which) {
    d_step {
        times_processed[which]++;
        assert(times_processed[which] <= 1 + is_dead);
        count--;
        if :: which == position -> position++ :: else fi;
        reads_from[m] = position;
        reads[m] = count;
        word = STILL_HELD(position, count)
    };
    STORE(MEMBER(m), HELD(m), word);
    word = 0
}

inline read_and_release(m) {
    do
    :: count == 0 -> break
    :: count > 0 -> look_at_message(m, position); release(m, position)
    :: count == 2 -> look_at_message(m, position + 1); release(m, position + 1)
    od;
    skip
}

inline claim_in_a_row(m) {
    count = 1;
    if
    :: position + 1 < LAST ->
        LOAD(MEMBER(m), SEQ(position + 1), x);
#ifdef CLAIMS_UNSEEN_SLOTS
        x = position + 2;
#endif
        if :: x == position + 2 -> count = 2 :: else fi
    :: true /* as many as it asks for */
    fi;
    x = 0;
    STORE(MEMBER(m), HELD(m), MARK(position, count));
    take(m, NEXT, position, position + count)
}

proctype Member(byte m) {
    byte position, count, word, x;
    bool is_mine;
end_alive:
    {
end:
        do
        :: memory[REDELIVERY] > 0 ->
            LOAD(MEMBER(m), REDELIVERY, x);
            if
            :: x > 0 ->
                d_step { position = FIRST_OF(x); count = 1; word = LEFT_OF(x) };
                STORE(MEMBER(m), HELD(m), WORD(position, 1));
                take(m, REDELIVERY, x, word);
                word = 0;
                goto taken
            :: else
            fi
        :: memory[NEXT] < LAST && memory[SEQ(memory[NEXT])] > memory[NEXT] ->
            LOAD(MEMBER(m), NEXT, position);
            if
            :: position < LAST ->
                LOAD(MEMBER(m), SEQ(position), x);
                if
                :: x == position + 1 ->
                    claim_in_a_row(m);
taken:
                    if
                    :: is_mine -> read_and_release(m)
                    :: else -> word = TAKEN_BACK(position, count); STORE(MEMBER(m), HELD(m), word); word = 0
                    fi
                :: else
                fi
            :: else
            fi;
            skip;
            d_step { position = 0; count = 0; x = 0; is_mine = false }
        od
    } unless {
        d_step {
            m == 0 && is_to_die ->
            is_dead = true; is_to_die = false; reads_from[m] = 0; reads[m] = 0; position = 0; count = 0; word = 0; x = 0; is_mine = false
        }
    };
#ifdef RESTARTS
    is_recovered -> goto end_alive
#endif
}

proctype Killer() {
    if :: is_to_die = true :: true fi
}

/* group.cpp claimed. */
#define IS_BELOW_THE_GATE (FIRST_OF(x) < gate)
#ifdef OFFERS_BY_THE_LAST
#undef IS_BELOW_THE_GATE
#define IS_BELOW_THE_GATE (FIRST_OF(x) + COUNT_OF(x) - 1 < gate)
#endif
#ifdef OFFERS_THE_FIRST
#define CLAIMED_OF(word, next) WORD(FIRST_OF(word), 1)
#elif defined(OFFERS_UNCLAIMED)
#define CLAIMED_OF(word, next) word
#else
#define CLAIMED_OF(word, next) (FIRST_OF(word) + COUNT_OF(word) <= next -> word : WORD(FIRST_OF(word), next - FIRST_OF(word)))
#endif

proctype Recovery() {
    byte gate, next, x;
end:
    is_dead && stores_waiting[MEMBER(0)] == 0;
    ADD_TO_EPOCH;
    gate = memory[GATE];
    next = memory[NEXT];
    x = memory[HELD(0)];
    if
    :: x > 0 && FIRST_OF(x) < next && !IS_BELOW_THE_GATE -> memory[REDELIVERY] = CLAIMED_OF(x, next)
    :: else
    fi;
    ADD_TO_EPOCH;
    memory[HELD(0)] = 0;
    d_step { is_recovered = true; gate = 0; next = 0; x = 0 }
}

/* Once nobody has anything to do any more. */
proctype Last() {
    byte position;
    timeout;
    assert(head == LAST && is_dead == is_recovered);
    do
    :: position < LAST -> assert(times_processed[position] > 0); position++
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
