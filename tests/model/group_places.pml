/* The place of a member of a group (E12): it dies, the daemon offers what it had claimed to the others, frees the place once
   that is taken, and gives it to another member, who may die as well. The daemon may be killed at any step of any of
   these and does it again, or gives up a join that was cut short. (group.pml has two members that die, and store
   buffers of recovery: here its stores, most of them read-modify-writes, are out at once.)

   The properties: no slot is reused before its message was processed, and none while a member reads it; at the end all
   were processed (one member lives on), none more often than once and again for each death of a member, but for
   early_takes (group.pml).

   Code: group.cpp recover_member, settle_orphan, join_group; groups.cpp remove_member, settle, add_member; group_scan.hpp
   lowest_in_group; gate.hpp refresh; group_member.hpp has_orphans, take_first_of, claim; redelivery.hpp redelivery_word,
   left_to. (One word each of held and redelivery.)

   Variants: SLOTS, LAST, LIVES (so many members have the place), DAEMON_DEATHS, GROUPS=2 (each is to process all messages; the
   place is given to them in turn; the member of the second one that lives on takes, processes and releases at once).
   Mistakes: SETTLES_UNSEEN (the place is freed whether or not what was left there is taken), LOOKS_LAST (it is freed first,
   and taken back where something was left), JOIN_WITHOUT_EPOCH (who joins may claim before the producer was made to
   look at its words), ORPHAN_STAYS (freeing a place and giving it away both leave it among the orphans). Of two groups:
   NAMES_NO_GROUP (whoever saw an orphan of its own group takes what it finds there, whosever place it is by then). */
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef LAST
#define LAST 2
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef DAEMON_DEATHS
#define DAEMON_DEATHS 1
#endif

#ifndef GROUPS
#define GROUPS 1
#endif

#define PROCESSES 3
#define PRODUCER 0
#define MEMBER(m) (1 + (m)) /* 0 lives on; 1 has the place */

#define REDELIVERY 0      /* of the place: position + 1, 0 = none; in the upper half the group */
#define ORPHANS 1         /* its bit */
#define HELD(m) (2 + (m)) /* position + 1, 0 = none: intended or held */
#define GATE 4
#define NEXT(group) (5 + (group))
#define MEMBERS(group) (5 + GROUPS + (group)) /* as ORPHANS; who lives on always is one */
#define SEQ(position) (5 + 2 * GROUPS + (position) % SLOTS)
#define LOCATIONS (5 + 2 * GROUPS + SLOTS)
#include "store_buffers.pml"

/* redelivery.hpp */
#define POSITION_IN(word) ((word) & 15)
#ifdef NAMES_NO_GROUP
#define REDELIVERY_WORD(word, group) (word)
#define LEFT_TO(group, word) (word)
#else
#define REDELIVERY_WORD(word, group) ((word) + 16 * (group) * ((word) > 0))
#define LEFT_TO(group, word) (POSITION_IN(word) * ((word) / 16 == (group)))
#endif

/* join_epoch, as far as the producer looks at it: whether it has grown since it loaded it first. */
bool has_epoch_grown, is_refreshing;
#define ADD_TO_EPOCH has_epoch_grown = is_refreshing

mtype = { joining, used, gone, free };
mtype place = used;
byte place_group;
bool is_dead, is_to_die;
/* Ghosts. */
byte head, is_reading[2]; /* position + 1 */
byte times_processed[GROUPS * LAST], deaths, early_takes;

#define TIMES_PROCESSED(group, position) times_processed[LAST * (group) + (position)]
#define IS_SAFE(m) (is_reading[m] == 0 || head <= is_reading[m] - 1 + SLOTS)
#if GROUPS == 1
#define IS_PROCESSED(position) (TIMES_PROCESSED(0, position) > 0)
#else
#define IS_PROCESSED(position) (TIMES_PROCESSED(0, position) > 0 && TIMES_PROCESSED(1, position) > 0)
#endif

inline not_beyond(word) {
    d_step {
        if :: word > 0 && word - 1 < lowest -> lowest = word - 1 :: else fi;
        word = 0
    }
}

inline look_at_held(m) {
    LOAD(PRODUCER, HELD(m), x);
    not_beyond(x)
}
inline look_at_next(group) {
    LOAD(PRODUCER, MEMBERS(group), is_member);
    LOAD(PRODUCER, ORPHANS, is_orphan);
    d_step { load(PRODUCER, NEXT(group), x); if :: x < lowest -> lowest = x :: else fi; x = 0 };
    if
    :: is_member && is_orphan -> d_step { load(PRODUCER, REDELIVERY, x); x = LEFT_TO(group, x) }; not_beyond(x)
    :: else
    fi
}
inline look_at_place() {
    if :: is_member -> look_at_held(1) :: else fi;
    d_step { is_member = false; is_orphan = false }
}

/* group_scan.hpp lowest_in_group, of each group. */
inline scan() {
    lowest = LAST;
    look_at_next(0);
    look_at_held(0);
    look_at_place();
#if GROUPS > 1
    look_at_next(1);
    look_at_place()
#endif
}

/* As in group.pml. */
#define IS_ANY_HELD_AT_GATE \
    (POSITION_IN(memory[REDELIVERY]) == gate + 1 || memory[HELD(0)] == gate + 1 || memory[HELD(1)] == gate + 1)
#define IS_ANY_AT_GATE (memory[NEXT(0)] == gate || memory[NEXT(GROUPS - 1)] == gate || IS_ANY_HELD_AT_GATE)

proctype Producer() {
    byte gate, lowest, x;
    bool is_member, is_orphan;
    do
    :: head == LAST -> break
    :: head < LAST && head >= gate + SLOTS ->
scan_again:
        skip;
        d_step { is_refreshing = true; has_epoch_grown = false };
        scan();
        if :: has_epoch_grown -> goto scan_again :: else fi;
        LOAD(PRODUCER, GATE, x);
        if :: lowest > x -> STORE(PRODUCER, GATE, lowest) :: else fi;
        FENCE(PRODUCER);
        if :: has_epoch_grown -> goto scan_again :: else fi;
        d_step { gate = lowest; lowest = 0; x = 0; is_refreshing = false; has_epoch_grown = false };
        if
        :: true /* full still, or not */
        :: head >= gate + SLOTS -> !IS_ANY_AT_GATE
        fi
    :: head < LAST && head < gate + SLOTS ->
        d_step {
            head++;
            assert(IS_SAFE(0) && IS_SAFE(1));
            assert(head <= SLOTS || IS_PROCESSED(head - 1 - SLOTS))
        };
        STORE(PRODUCER, SEQ(head - 1), head)
    od
}

/* The intent, and the compare-and-swap of next, or of the redelivery word. */
inline take(m, group, location, old, new) {
    STORE(MEMBER(m), HELD(m), position + 1);
    d_step {
        flush_all(MEMBER(m));
        if
        :: memory[location] == old ->
            if :: location == REDELIVERY && memory[ORPHANS] == 0 -> early_takes++ :: else fi;
            memory[location] = new;
            is_reading[m] = position + 1;
            assert(IS_SAFE(m));
            is_mine = true
        :: else
        fi
    };
    if
    :: is_mine ->
        LOAD(MEMBER(m), SEQ(position), x);
        assert(x == position + 1);
        d_step {
            TIMES_PROCESSED(group, position)++;
            assert(TIMES_PROCESSED(group, position) <= 1 + deaths + early_takes);
            is_reading[m] = 0
        }
    :: else
    fi;
    skip;
    STORE(MEMBER(m), HELD(m), 0);
    d_step { position = 0; x = 0; is_mine = false }
}

inline claim_next(m, group) {
    LOAD(MEMBER(m), NEXT(group), position);
    if
    :: position < LAST ->
        LOAD(MEMBER(m), SEQ(position), x);
        if
        :: x == position + 1 -> take(m, group, NEXT(group), position, position + 1)
        :: else -> d_step { position = 0; x = 0 }
        fi
    :: else -> position = 0
    fi
}

#define IS_SOMETHING_READY(group) (memory[NEXT(group)] < LAST && memory[SEQ(memory[NEXT(group)])] > memory[NEXT(group)])
#if GROUPS == 1
#define IS_WORD_LOOKED_AT (memory[REDELIVERY] > 0)
#else
#define IS_WORD_LOOKED_AT true /* whether there is something or not */
#endif

proctype Survivor() {
    byte position, x;
    bool is_mine;
end:
    do
    :: memory[ORPHANS] && memory[MEMBERS(0)] && IS_WORD_LOOKED_AT -> /* has_orphans, a moment ago */
        d_step { load(MEMBER(0), REDELIVERY, x); x = LEFT_TO(0, x) };
        if
        :: x > 0 -> position = x - 1; take(0, 0, REDELIVERY, x, 0)
        :: else
        fi
    :: IS_SOMETHING_READY(0) -> claim_next(0, 0)
    od
}

#if GROUPS > 1
proctype SurvivorOfSecond() {
end:
    do
    :: d_step {
            memory[ORPHANS] && memory[MEMBERS(1)] && LEFT_TO(1, memory[REDELIVERY]) > 0 ->
            TIMES_PROCESSED(1, LEFT_TO(1, memory[REDELIVERY]) - 1)++;
            memory[REDELIVERY] = 0
        }
    :: d_step { IS_SOMETHING_READY(1) -> TIMES_PROCESSED(1, memory[NEXT(1)])++; memory[NEXT(1)]++ }
    od
}
#endif

/* One after another, in the same place. */
proctype Mortal() {
    byte position, x;
    bool is_mine;
end:
    do
    :: place == used && !is_dead -> {
end_idle:
            do
            :: IS_SOMETHING_READY(place_group) -> claim_next(1, place_group)
            od
        } unless {
            d_step { is_to_die -> is_to_die = false; is_dead = true; deaths++; is_reading[1] = 0; position = 0; x = 0; is_mine = false }
        }
    od
}

proctype Killer() {
    byte left = LIVES;
    do
    :: d_step { true -> left = 0 } -> break
    :: d_step { left > 0 && place == used && !is_dead && !is_to_die -> is_to_die = true; left-- }
    od
}

/* Instead of any step that others can tell from none. */
#if DAEMON_DEATHS == 0
#define OR_DIE(step) step
#else
#define DIES d_step { daemon_deaths_left > 0 -> daemon_deaths_left--; gate = 0; next = 0; is_offered = false }; goto died
#define OR_DIE(step) if :: step :: DIES fi
#endif

#define IS_CLAIMED(word) ((word) > gate && (word) <= next)

inline recover() {
    OR_DIE(ADD_TO_EPOCH);
    gate = memory[GATE];
    next = memory[NEXT(place_group)];
    is_offered = memory[ORPHANS];
    if
    :: !is_offered && memory[HELD(1)] > 0 ->
        OR_DIE(memory[REDELIVERY] = (IS_CLAIMED(memory[HELD(1)]) -> REDELIVERY_WORD(memory[HELD(1)], place_group) : 0))
    :: else
    fi;
    OR_DIE(memory[ORPHANS] = 1);
    OR_DIE(ADD_TO_EPOCH);
    OR_DIE(memory[HELD(1)] = 0);
    d_step { place = gone; gate = 0; next = 0; is_offered = false }
}

#ifdef ORPHAN_STAYS
#define NO_ORPHAN skip
#else
#define NO_ORPHAN memory[ORPHANS] = 0
#endif

inline settle() {
    OR_DIE(NO_ORPHAN);
    OR_DIE(memory[MEMBERS(place_group)] = 0);
    OR_DIE(ADD_TO_EPOCH);
    place = free
}

inline join() {
    OR_DIE(memory[HELD(1)] = 0); /* reset_cursor */
    OR_DIE(memory[REDELIVERY] = 0);
    OR_DIE(NO_ORPHAN);
    OR_DIE(memory[MEMBERS(place_group)] = 1);
#ifndef JOIN_WITHOUT_EPOCH
    OR_DIE(ADD_TO_EPOCH);
#endif
    d_step { is_dead = false; place = used }
}

#ifdef SETTLES_UNSEEN
#define IS_LEFT_BEHIND false
#elif defined(LOOKS_LAST)
#define IS_LEFT_BEHIND false
#else
#define IS_LEFT_BEHIND (LEFT_TO(place_group, memory[REDELIVERY]) > 0)
#endif

proctype Daemon() {
    byte daemon_deaths_left = DAEMON_DEATHS, joins_left = LIVES - 1, gate, next;
    bool is_offered;
end:
    do
    :: place == used && is_dead && stores_waiting[MEMBER(1)] == 0 -> recover()
    :: place == gone && !IS_LEFT_BEHIND ->
#ifdef LOOKS_LAST
        NO_ORPHAN;
        if
        :: memory[REDELIVERY] > 0 -> memory[ORPHANS] = 1; ADD_TO_EPOCH; memory[REDELIVERY] == 0
        :: else
        fi;
#endif
        settle()
    :: place == free && joins_left > 0 ->
        d_step { joins_left--; place = joining; place_group = (place_group + 1) % GROUPS }
    :: place == joining -> join()
#if DAEMON_DEATHS > 0
    :: false ->
died:
        /* What was cut short is done again, from its start; or who was about to join, or to be settled, counts as dead. */
        if
        :: true
        :: place == joining || place == gone -> d_step { place = used; is_dead = true }
        fi
#endif
    od
}

proctype Last() {
    byte position;
    timeout;
    assert(head == LAST);
    do
    :: position < LAST -> assert(IS_PROCESSED(position)); position++
    :: else -> break
    od
}

init {
    atomic {
        memory[MEMBERS(0)] = 1;
        run Memory();
        run Producer();
        run Survivor();
#if GROUPS > 1
        run SurvivorOfSecond();
#endif
        run Mortal();
        run Killer();
        run Daemon();
        run Last()
    }
}
