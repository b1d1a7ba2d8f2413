/* The place of a member of a group (E12): it dies, the daemon offers what it had claimed to the others, frees the place once
   that is taken, and gives it to another member, who may die as well. The daemon may be killed at any step of any of
   these and does it again, or gives up a join that was cut short. (group.pml has two members that die, and store
   buffers of recovery: here its stores, most of them read-modify-writes, are out at once.)

   The properties: no slot is reused before its message was processed, and none while a member reads it; at the end all
   were processed (one member lives on), none more often than once and again for each death of a member, but for
   early_takes (group.pml).

   Code: group.cpp recover_member, settle_orphan, join_group; groups.cpp remove_member, settle, add_member; group_scan.hpp
   lowest_in_group; gate.hpp refresh; group_member.hpp has_orphans, take_first_of, claim. (One word each of held and
   redelivery.)

   Variants: SLOTS, LAST, LIVES (so many members have the place), DAEMON_DEATHS.
   Mistakes: SETTLES_UNSEEN (the place is freed whether or not what was left there is taken), LOOKS_LAST (it is freed first,
   and taken back where something was left), JOIN_WITHOUT_EPOCH (who joins may claim before the producer was made to
   look at its words), ORPHAN_STAYS (freeing a place and giving it away both leave it among the orphans). */
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

#define PROCESSES 3
#define PRODUCER 0
#define MEMBER(m) (1 + (m)) /* 0 lives on; 1 has the place */

#define NEXT 0
#define REDELIVERY 1      /* of the place: position + 1, 0 = none */
#define ORPHANS 2         /* its bit */
#define MEMBERS 3         /* likewise; member 0 is always one */
#define HELD(m) (4 + (m)) /* as REDELIVERY: intended or held */
#define SEQ(position) (6 + (position) % SLOTS)
#define GATE (6 + SLOTS)
#define LOCATIONS (7 + SLOTS)
#include "store_buffers.pml"

/* join_epoch, as far as the producer looks at it: whether it has grown since it loaded it first. */
bool has_epoch_grown, is_refreshing;
#define ADD_TO_EPOCH has_epoch_grown = is_refreshing

mtype = { joining, used, gone, free };
mtype place = used;
bool is_dead, is_to_die;
/* Ghosts. */
byte head, is_reading[2]; /* position + 1 */
byte times_processed[LAST], deaths, early_takes;

#define IS_SAFE(m) (is_reading[m] == 0 || head <= is_reading[m] - 1 + SLOTS)

inline not_beyond(word) {
    d_step {
        if :: word > 0 && word - 1 < lowest -> lowest = word - 1 :: else fi;
        word = 0
    }
}

/* group_scan.hpp lowest_in_group. */
inline scan() {
    LOAD(PRODUCER, MEMBERS, is_member);
    LOAD(PRODUCER, ORPHANS, is_orphan);
    LOAD(PRODUCER, NEXT, lowest);
    if :: is_member && is_orphan -> LOAD(PRODUCER, REDELIVERY, x); not_beyond(x) :: else fi;
    LOAD(PRODUCER, HELD(0), x);
    not_beyond(x);
    if :: is_member -> LOAD(PRODUCER, HELD(1), x); not_beyond(x) :: else fi;
    d_step { is_member = false; is_orphan = false }
}

/* As in group.pml. */
#define IS_ANY_AT_GATE \
    (memory[NEXT] == gate || memory[REDELIVERY] == gate + 1 || memory[HELD(0)] == gate + 1 || memory[HELD(1)] == gate + 1)

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
            assert(head <= SLOTS || times_processed[head - 1 - SLOTS] > 0)
        };
        STORE(PRODUCER, SEQ(head - 1), head)
    od
}

/* The intent, and the compare-and-swap of next, or of the redelivery word. */
inline take(m, location, old, new) {
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
            times_processed[position]++;
            assert(times_processed[position] <= 1 + deaths + early_takes);
            is_reading[m] = 0
        }
    :: else
    fi;
    skip;
    STORE(MEMBER(m), HELD(m), 0);
    d_step { position = 0; x = 0; is_mine = false }
}

inline claim_next(m) {
    LOAD(MEMBER(m), NEXT, position);
    if
    :: position < LAST ->
        LOAD(MEMBER(m), SEQ(position), x);
        if
        :: x == position + 1 -> take(m, NEXT, position, position + 1)
        :: else -> d_step { position = 0; x = 0 }
        fi
    :: else -> position = 0
    fi
}

#define IS_SOMETHING_READY (memory[NEXT] < LAST && memory[SEQ(memory[NEXT])] > memory[NEXT])

proctype Survivor() {
    byte position, x;
    bool is_mine;
end:
    do
    :: memory[ORPHANS] && memory[MEMBERS] && memory[REDELIVERY] > 0 -> /* has_orphans, a moment ago */
        LOAD(MEMBER(0), REDELIVERY, x);
        if
        :: x > 0 -> position = x - 1; take(0, REDELIVERY, position + 1, 0)
        :: else
        fi
    :: IS_SOMETHING_READY -> claim_next(0)
    od
}

/* One after another, in the same place. */
proctype Mortal() {
    byte position, x;
    bool is_mine;
end:
    do
    :: place == used && !is_dead -> {
end_idle:
            do
            :: IS_SOMETHING_READY -> claim_next(1)
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
#define DIES d_step { daemon_deaths_left > 0 -> daemon_deaths_left--; gate = 0; next = 0; is_offered = false }; goto died
#define OR_DIE(step) if :: step :: DIES fi

inline recover() {
    OR_DIE(ADD_TO_EPOCH);
    gate = memory[GATE];
    next = memory[NEXT];
    is_offered = memory[ORPHANS];
    if
    :: !is_offered && memory[HELD(1)] > 0 ->
        OR_DIE(memory[REDELIVERY] = (memory[HELD(1)] > gate && memory[HELD(1)] <= next -> memory[HELD(1)] : 0))
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
    OR_DIE(memory[MEMBERS] = 0);
    OR_DIE(ADD_TO_EPOCH);
    place = free
}

inline join() {
    OR_DIE(memory[HELD(1)] = 0); /* reset_cursor */
    OR_DIE(memory[REDELIVERY] = 0);
    OR_DIE(NO_ORPHAN);
    OR_DIE(memory[MEMBERS] = 1);
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
#define IS_LEFT_BEHIND (memory[REDELIVERY] > 0)
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
    :: place == free && joins_left > 0 -> joins_left--; place = joining
    :: place == joining -> join()
    :: false ->
died:
        /* What was cut short is done again, from its start; or who was about to join, or to be settled, counts as dead. */
        if
        :: true
        :: place == joining || place == gone -> d_step { place = used; is_dead = true }
        fi
    od
}

proctype Last() {
    byte position;
    timeout;
    assert(head == LAST);
    do
    :: position < LAST -> assert(times_processed[position] > 0); position++
    :: else -> break
    od
}

init {
    atomic {
        memory[MEMBERS] = 1;
        run Memory();
        run Producer();
        run Survivor();
        run Mortal();
        run Killer();
        run Daemon();
        run Last()
    }
}
