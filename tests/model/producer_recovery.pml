/* Several producers claim positions by an announced intent and a compare-and-swap of head (E8, E9); some die; recovery
   turns what they had claimed and not published into tombstones. Recovery itself may be killed and run again from its
   start.
   The properties: no position is claimed twice, published twice, or published and made a tombstone; recovery only ever
   touches what a dead producer owned; nobody waits for ever, that is, every claimed position is resolved.

   Code: shared_producer_side.hpp try_reserve, clear_to_go, clear_in_a_row, claim, settle, note_full; intent.hpp;
   recovery.cpp recover_producer, resolve_intent, rival, bury; hosted_ring.cpp recover_producers and server.cpp
   recover_producers, which call it again. An abandoned reservation is a publish whose seq is a tombstone's.

   Variants: SLOTS, PRODUCERS, MESSAGES of each, DEATHS, RANGE (2: a batch claims up to two positions in a row),
   RECOVERY_LIVES (it is not killed midway), NO_SUBSCRIPTION (nothing but the slot tells whether whoever had it before is
   done).
   Mistakes: INTENT_AFTER_CLAIM, SLOT_BEFORE_INTENTS (recovery looks at the slot before it looks for others that intend
   the position), DEFERS_ONCE (what had to be put off is not looked at again), UNPUBLISHED_IS_ANY_OTHER_SEQ,
   TWO_RESERVATIONS on one intent, WAITS_WITH_INTENT; with RANGE: RIVAL_BY_FIRST (who intends an overlapping range, but
   not the same first position, is overlooked), BURIES_THE_FIRST (of a range), BURIES_BEYOND_HEAD, CLAIMS_BEYOND_THE_GATE,
   LAP_BY_FIRST (a range whose first position is more than a ring's worth behind head counts as published),
   CLAIMS_UNSEEN_SLOTS (with NO_SUBSCRIPTION: only the first slot of a range is looked at). */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RANGE
#define RANGE 1
#endif
#if RANGE > 1
#define RESET_RANGE count = 0; head = 0
#else
#define RESET_RANGE skip
#define count 1
#endif

#if PRODUCERS == 2
#define PROCESSES 3
#else
#define PROCESSES 4
#endif
#define RECOVERY PRODUCERS
#define TOMBSTONE 64
#define MOST_POSITIONS 10

#define HEAD 0
#define POS 1
#define SEQ(position) (2 + (position) % SLOTS)
#define INTENT(producer) (2 + SLOTS + (producer))
/* The first position and how many; 0 = none. */
#define INTENDED(first, count) (4 * ((first) + 1) + (count))
#define FIRST_OF(intent) ((intent) / 4 - 1)
#define COUNT_OF(intent) ((intent) % 4)
#define LOCATIONS (2 + SLOTS + PRODUCERS)
#include "store_buffers.pml"

/* shared_producer_side.hpp clear_to_go. The seq of a slot that position may claim: that of the position a ring's worth below. */
#define SEQ_BEFORE(position) ((position) < SLOTS -> 0 : (position) - SLOTS + 1)

bool is_to_die[PRODUCERS], is_dead[PRODUCERS], is_done[PRODUCERS], is_recovered[PRODUCERS];
bool recovery_is_to_die;
/* Ghosts of each position: who claimed it (producer + 1), whether it was published, whether it became a tombstone. */
byte owner[MOST_POSITIONS];
bool is_published[MOST_POSITIONS], is_tombstone[MOST_POSITIONS];

#ifdef WAITS_WITH_INTENT
#define CLEAR_INTENT_TO_WAIT(self) skip
#else
#define CLEAR_INTENT_TO_WAIT(self) STORE(self, INTENT(self), 0)
#endif

#if RANGE > 1
#define NOTE_SECOND(self, position) \
    if \
    :: count > 1 -> \
        assert(owner[position + 1] == 0 && IS_READ(position + 1)); \
        assert((memory[SEQ(position + 1)] & 63) == SEQ_BEFORE(position + 1)); \
        owner[position + 1] = self + 1 \
    :: else \
    fi
#else
#define NOTE_SECOND(self, position) skip
#endif

/* shared_producer_side.hpp claim: compare-and-swap of head; what was read as head is the position claimed. */
#define CLAIM(self, position, claimed) \
    d_step { \
        flush_all(self); \
        if \
        :: memory[HEAD] == position -> \
            assert(owner[position] == 0); \
            memory[HEAD] = position + count; \
            owner[position] = self + 1; \
            NOTE_SECOND(self, position); \
            claimed = true \
        :: else -> claimed = false \
        fi \
    }

#ifdef NO_SUBSCRIPTION
#define IS_READ(position) true
#else
#define IS_READ(position) (position - memory[POS] < SLOTS)
#endif
#if defined(CLAIMS_BEYOND_THE_GATE) || defined(NO_SUBSCRIPTION)
#define IS_WITHIN_GATE(position) true
#else
#define IS_WITHIN_GATE(position) (position - pos < SLOTS)
#endif
#ifdef CLAIMS_UNSEEN_SLOTS
#define IS_CLEAR(seq, position) true
#else
#define IS_CLEAR(seq, position) ((seq & 63) == SEQ_BEFORE(position))
#endif

inline claim(self, position) {
    skip; /* no inline begins with a label */
again:
    skip;
    LOAD(self, HEAD, position);
#ifndef NO_SUBSCRIPTION
    LOAD(self, POS, pos);
    if
    :: position - pos >= SLOTS ->
        CLEAR_INTENT_TO_WAIT(self);
        memory[POS] != pos;
        goto again
    :: else
    fi;
#endif
    LOAD(self, SEQ(position), seq);
    if
    :: (seq & 63) != SEQ_BEFORE(position) ->
        CLEAR_INTENT_TO_WAIT(self);
        (memory[SEQ(position)] != seq || memory[HEAD] != position);
        goto again
    :: else
    fi;
#if RANGE > 1
    count = 1;
    if
    :: published + 1 < MESSAGES && IS_WITHIN_GATE(position + 1) -> /* clear_in_a_row */
        LOAD(self, SEQ(position + 1), seq);
        if :: IS_CLEAR(seq, position + 1) -> count = 2 :: else fi
    :: true
    fi;
#endif
#ifndef INTENT_AFTER_CLAIM
    STORE(self, INTENT(self), INTENDED(position, count));
#endif
    CLAIM(self, position, claimed);
    if
    :: !claimed -> goto again
    :: else
    fi;
#ifdef INTENT_AFTER_CLAIM
    STORE(self, INTENT(self), INTENDED(position, count))
#else
    skip
#endif
}

#ifdef TWO_RESERVATIONS
inline claim_another(self, position) {
    LOAD(self, HEAD, position);
    LOAD(self, POS, pos);
    if :: position - pos >= SLOTS -> goto no_other :: else fi;
    LOAD(self, SEQ(position), seq);
    if :: (seq & 63) != SEQ_BEFORE(position) -> goto no_other :: else fi;
    STORE(self, INTENT(self), INTENDED(position, count));
    CLAIM(self, position, claimed);
    if :: claimed -> publish(self, position) :: else fi;
no_other:
    skip
}
#endif

inline publish(self, position) {
    d_step {
        stores_waiting[self] < BUFFER_DEPTH ->
        assert(!is_published[position] && !is_tombstone[position]);
        is_published[position] = true;
        append_store(self, SEQ(position), position + 1)
    }
}

proctype Producer(byte self) {
    byte published, position, pos, seq;
#if RANGE > 1
    byte count;
#endif
    bool claimed;
#ifdef TWO_RESERVATIONS
    byte other;
#endif
    {
        do
        :: published == MESSAGES -> break
        :: else ->
            claim(self, position);
#ifdef TWO_RESERVATIONS
            if :: self == 0 -> claim_another(self, other) :: else fi;
#endif
            publish(self, position);
#if RANGE > 1
            if :: count > 1 -> publish(self, position + 1) :: else fi;
            d_step { published = published + count - 1; count = 0 };
#endif
            STORE(self, INTENT(self), 0);
            published++;
            d_step { position = 0; seq = 0; pos = 0 }
        od;
        is_done[self] = true
    } unless {
        d_step { is_to_die[self] -> is_dead[self] = true }
    }
}

proctype Killer() {
    byte left = DEATHS;
    do
    :: true -> break
    :: left > 0 ->
        if
        :: is_to_die[0] = true
        :: is_to_die[1] = true
#if PRODUCERS > 2
        :: is_to_die[2] = true
#endif
        fi;
        left--
    od
}

#ifndef RECOVERY_LIVES
proctype KillerOfRecovery() {
    if :: recovery_is_to_die = true :: true fi
}
#endif

/* Known to be dead: the process is gone, and the kernel has let its stores out. */
#define IS_KNOWN_DEAD(producer) (is_dead[producer] && stores_waiting[producer] == 0)
#define NEEDS_RECOVERY(producer) (IS_KNOWN_DEAD(producer) && !is_recovered[producer])

/* intent.hpp overlaps: the dead one intends `count` positions from `position` on. */
#ifdef RIVAL_BY_FIRST
#define OVERLAPS(intent) (intent > 0 && FIRST_OF(intent) == position)
#else
#define OVERLAPS(intent) \
    (intent > 0 && FIRST_OF(intent) < position + count && position < FIRST_OF(intent) + COUNT_OF(intent))
#endif

/* recovery.cpp rival. */
inline look_for_rival(producer) {
    if
    :: producer != dead && !IS_KNOWN_DEAD(producer) ->
        LOAD(RECOVERY, INTENT(producer), x);
        if :: OVERLAPS(x) -> is_put_off = true; rival = producer :: else fi
    :: else
    fi
}

#ifdef UNPUBLISHED_IS_ANY_OTHER_SEQ
#define IS_UNPUBLISHED(seq, position) ((seq & 63) != position + 1)
#else
#define IS_UNPUBLISHED(seq, position) ((seq & 63) == SEQ_BEFORE(position))
#endif

/* recovery.cpp bury. */
inline make_tombstone(position) {
    assert(owner[position] > 0 && is_dead[owner[position] - 1] && !is_published[position]);
    assert(!is_tombstone[position]);
    is_tombstone[position] = true;
    memory[SEQ(position)] = TOMBSTONE + position + 1
}

inline bury(position) {
    LOAD(RECOVERY, SEQ(position), seq);
    if
    :: IS_UNPUBLISHED(seq, position) -> /* compare-and-swap */
        d_step { if :: memory[SEQ(position)] == seq -> make_tombstone(position) :: else fi }
    :: else
    fi
}

#ifdef BURIES_BEYOND_HEAD
#define IS_BELOW_HEAD(position) true
#else
#define IS_BELOW_HEAD(position) (position < head)
#endif

/* intent.hpp may_be_unpublished. */
#ifdef LAP_BY_FIRST
#define MAY_BE_UNPUBLISHED (position < head && head - position <= SLOTS)
#else
#define MAY_BE_UNPUBLISHED (position < head && head - position < SLOTS + count)
#endif

/* recovery.cpp resolve_intent. */
inline resolve() {
#ifdef SLOT_BEFORE_INTENTS
    LOAD(RECOVERY, SEQ(position), seq);
#endif
    look_for_rival(0);
    look_for_rival(1);
#if PRODUCERS > 2
    look_for_rival(2);
#endif
    if
    :: is_put_off ->
#ifdef DEFERS_ONCE
        is_put_off = false
#else
        (!OVERLAPS(memory[INTENT(rival)]) || IS_KNOWN_DEAD(rival))
#endif
    :: else ->
#ifdef SLOT_BEFORE_INTENTS
        if
        :: IS_UNPUBLISHED(seq, position) -> d_step { make_tombstone(position) }
        :: else
        fi
#else
        bury(position);
#if RANGE > 1 && !defined(BURIES_THE_FIRST)
        if
        :: count > 1 && IS_BELOW_HEAD(position + 1) -> bury(position + 1)
        :: else
        fi
#endif
#endif
    fi
}

proctype Recovery() {
    byte dead, position, x, seq, rival;
#if RANGE > 1
    byte count, head;
#else
#define head x /* needed no longer than until x is loaded */
#endif
    bool is_put_off;
end:
    do
    :: (NEEDS_RECOVERY(0) || NEEDS_RECOVERY(1)
#if PRODUCERS > 2
        || NEEDS_RECOVERY(2)
#endif
       ) -> {
            d_step {
                dead = 0;
                is_put_off = false;
                do
                :: dead < PRODUCERS && !NEEDS_RECOVERY(dead) -> dead++
                :: else -> break
                od;
                skip
            };
            LOAD(RECOVERY, INTENT(dead), position);
            if
            :: position == 0
            :: else ->
#if RANGE > 1
                count = COUNT_OF(position);
#endif
                position = FIRST_OF(position);
                LOAD(RECOVERY, HEAD, head);
                if
                :: MAY_BE_UNPUBLISHED -> resolve()
                :: else /* it never claimed, or has published */
                fi
            fi;
            d_step {
                if :: !is_put_off -> is_recovered[dead] = true :: else fi;
                dead = 0; position = 0; x = 0; seq = 0; rival = 0;
                RESET_RANGE
            }
        }
#ifndef RECOVERY_LIVES
        unless {
            recovery_is_to_die -> recovery_is_to_die = false
        }
#endif
    od
}

#define IS_OVER(producer) (is_done[producer] || is_recovered[producer])
#if PRODUCERS == 2
#define ARE_ALL_OVER (IS_OVER(0) && IS_OVER(1))
#else
#define ARE_ALL_OVER (IS_OVER(0) && IS_OVER(1) && IS_OVER(2))
#endif

#ifdef NO_SUBSCRIPTION
/* Looks at what is left once all is over. */
proctype Consumer() {
    byte next;
    ARE_ALL_OVER;
    next = (memory[HEAD] > SLOTS -> memory[HEAD] - SLOTS : 0);
    do
    :: next < memory[HEAD] -> (memory[SEQ(next)] & 63) == next + 1; next++
    :: else -> break
    od
}
#else
/* Reads every position in turn: it comes to its end only if each was published or made a tombstone. */
proctype Consumer() {
    byte next;
    do
    :: d_step { (memory[SEQ(next)] & 63) == next + 1 -> next++; memory[POS] = next }
    :: ARE_ALL_OVER && next == memory[HEAD] -> break
    od
}
#endif

init {
    atomic {
        run Memory();
        run Producer(0);
        run Producer(1);
#if PRODUCERS > 2
        run Producer(2);
#endif
        run Killer();
        run Recovery();
#ifndef RECOVERY_LIVES
        run KillerOfRecovery();
#endif
        run Consumer()
    }
}
