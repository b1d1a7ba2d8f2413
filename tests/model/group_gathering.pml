/* What members of a durable group left that died one after another (E12): each keeps a place as long as its redelivery words
   have something, and once nobody lives the daemon gathers it in as few places as can be, so that a member can come again.
   The daemon may be killed at any step of that, and does it again; a producer looks for room all the while.

   In the beginning every place is used: of the last one the member lives, of each other one it has died with one message in its
   hands. The living one takes what it finds, and may die with it in its hands; then another one comes, where there is a
   place.

   The properties: no slot is reused before its message was processed, and none while a member reads it; at the end all were
   processed, none more often than once, and again for each death of a member that lived here, and for each of the daemon
   that left something in two places.

   Code: group.cpp gather_orphans, move_redeliveries, recover_member, settle_orphan, join_group; groups.cpp remove_member,
   settle, add_member; group_scan.hpp lowest_in_group; gate.hpp refresh; group_member.hpp take_redelivery, take_first_of,
   claim. (One held word. A recovery that is cut short is group_places.pml's; the stores of the daemon, each between two
   read-modify-writes or followed by no load that others change, are out at once.)

   Variants: PLACES (2, 3), SLOTS, LAST, LIVES, DAEMON_DEATHS.
   Mistakes: NEVER_GATHERS, CLEARS_FIRST (a word is cleared before its copy is there), WITHOUT_EPOCH (between copy and clear),
   COPIES_OVER (whether the word copied to is free or not), COPIES_TWICE (into every free word), GATHERS_AMONG_MEMBERS
   (while one lives). */
#ifndef PLACES
#define PLACES 2
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 3
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef DAEMON_DEATHS
#define DAEMON_DEATHS 1
#endif

#define WORDS (6 / PLACES) /* of redelivery, of each place */
#define ALL_WORDS 6

#define PROCESSES 2
#define PRODUCER 0
#define MEMBER 1

#define NEXT 0
#define GATE 1
#define ORPHANS 2             /* a bit for each place */
#define MEMBERS 3             /* likewise */
#define HELD(place) (4 + (place)) /* position + 1, 0 = none */
#define REDELIVERIES (4 + PLACES)
#define REDELIVERY(place, i) (REDELIVERIES + WORDS * (place) + (i)) /* as HELD */
#define SEQ(position) (REDELIVERIES + ALL_WORDS + (position) % SLOTS)
#define LOCATIONS (REDELIVERIES + ALL_WORDS + SLOTS)
#include "store_buffers.pml"

/* join_epoch, as far as the producer looks at it: whether it has grown since it loaded it first. */
bool has_epoch_grown, is_refreshing;
#define ADD_TO_EPOCH has_epoch_grown = is_refreshing

mtype = { used, gone, free };
mtype places[PLACES] = used;
bool is_alive = true, is_to_die;
byte at = PLACES - 1; /* of the living one, or of who died last */
byte unrecovered = PLACES - 1; /* so many places, from 0 on, when it all begins; later the place + 1 of who died last */
/* Ghosts. */
byte head = SLOTS, is_reading; /* position + 1 */
byte times_processed[LAST], may_be_again;

#define IS_SAFE (is_reading == 0 || head <= is_reading - 1 + SLOTS)

inline look_at_word(location) {
    d_step {
        load(PRODUCER, location, x);
        if :: x > gate && x - 1 < lowest -> lowest = x - 1 :: else fi;
        x = 0
    }
}

/* group_scan.hpp lowest_in_group. */
inline scan() {
    LOAD(PRODUCER, MEMBERS, members);
    d_step { load(PRODUCER, ORPHANS, orphans); orphans = orphans & members };
    LOAD(PRODUCER, NEXT, lowest);
    do
    :: i < ALL_WORDS && (orphans & (1 << (i / WORDS))) -> look_at_word(REDELIVERIES + i); i++
    :: i < ALL_WORDS && !(orphans & (1 << (i / WORDS))) -> i++
    :: i == ALL_WORDS -> i = 0; break
    od;
    do
    :: i < PLACES && (members & (1 << i)) -> look_at_word(HELD(i)); i++
    :: i < PLACES && !(members & (1 << i)) -> i++
    :: i == PLACES -> i = 0; break
    od;
    skip;
    d_step { members = 0; orphans = 0 }
}

/* As in group.pml: who is full looks again and again, or stops until there is room. */
#define IS_AT_GATE(location) (memory[location] == gate + 1)
#define IS_LEFT_AT_GATE(i) IS_AT_GATE(REDELIVERIES + (i))
#if PLACES == 2
#define IS_HELD_AT_GATE (IS_AT_GATE(HELD(0)) || IS_AT_GATE(HELD(1)))
#else
#define IS_HELD_AT_GATE (IS_AT_GATE(HELD(0)) || IS_AT_GATE(HELD(1)) || IS_AT_GATE(HELD(2)))
#endif
#define IS_ANY_AT_GATE \
    (memory[NEXT] == gate || IS_HELD_AT_GATE || IS_LEFT_AT_GATE(0) || IS_LEFT_AT_GATE(1) || IS_LEFT_AT_GATE(2) || \
     IS_LEFT_AT_GATE(3) || IS_LEFT_AT_GATE(4) || IS_LEFT_AT_GATE(5))

proctype Producer() {
    byte gate, lowest, x, i, members, orphans;
    do
    :: head == LAST -> break
    :: head < LAST && head >= gate + SLOTS ->
scan_again:
        skip;
        d_step { is_refreshing = true; has_epoch_grown = false };
        scan();
        if :: has_epoch_grown -> goto scan_again :: else fi;
        d_step { load(PRODUCER, GATE, x); if :: lowest > x -> append_store(PRODUCER, GATE, lowest) :: else fi; x = 0 };
        FENCE(PRODUCER);
        if :: has_epoch_grown -> goto scan_again :: else fi;
        d_step { gate = lowest; lowest = 0; is_refreshing = false; has_epoch_grown = false };
        if
        :: true /* full still, or not */
        :: head >= gate + SLOTS -> !IS_ANY_AT_GATE
        fi
    :: head < LAST && head < gate + SLOTS ->
        d_step {
            head++;
            assert(IS_SAFE);
            assert(times_processed[head - 1 - SLOTS] > 0)
        };
        STORE(PRODUCER, SEQ(head - 1), head)
    od;
    gate = 0
}

/* The intent, and the compare-and-swap of next, or of a redelivery word, in which nobody is quicker. */
inline take(location, old, new) {
    STORE(MEMBER, HELD(at), position + 1);
    d_step {
        flush_all(MEMBER);
        if
        :: memory[location] == old -> memory[location] = new; is_reading = position + 1; assert(IS_SAFE)
        :: else
        fi
    };
    LOAD(MEMBER, SEQ(position), x);
    d_step {
        if
        :: is_reading > 0 ->
            assert(x == position + 1);
            times_processed[position]++;
            assert(times_processed[position] <= 1 + may_be_again);
            is_reading = 0
        :: else
        fi
    };
    STORE(MEMBER, HELD(at), 0);
    d_step { position = 0; x = 0; word = 0 }
}

#define IS_LEFT(i) (memory[REDELIVERIES + (i)] > 0 && (memory[ORPHANS] & memory[MEMBERS] & (1 << ((i) / WORDS))))
#define IS_SOMETHING_LEFT (IS_LEFT(0) || IS_LEFT(1) || IS_LEFT(2) || IS_LEFT(3) || IS_LEFT(4) || IS_LEFT(5))

/* The first word that is not empty. */
inline find_redelivery() {
    do
    :: !IS_LEFT(word) -> word++
    :: else -> break
    od;
    position = memory[REDELIVERIES + word] - 1
}

/* One after another. */
proctype Member() {
    byte position, word, x;
end:
    do
    :: is_alive -> {
end_idle:
            do
            :: d_step { IS_SOMETHING_LEFT -> find_redelivery() };
                take(REDELIVERIES + word, position + 1, 0)
            :: d_step { memory[NEXT] < LAST && memory[SEQ(memory[NEXT])] > memory[NEXT] -> position = memory[NEXT] };
                take(NEXT, position, position + 1)
            od
        } unless {
            d_step {
                is_to_die ->
                is_to_die = false;
                is_alive = false;
                unrecovered = at + 1;
                may_be_again++;
                is_reading = 0; position = 0; word = 0; x = 0
            }
        }
    od
}

proctype Killer() {
    byte left = LIVES - 1;
    do
    :: d_step { true -> left = 0 } -> break
    :: d_step { left > 0 && is_alive && !is_to_die && unrecovered == 0 -> is_to_die = true; left-- }
    od
}

/* group.cpp recover_member, of a member that was not recovered before. */
inline recover(place) {
    ADD_TO_EPOCH;
    gate = memory[GATE];
    next = memory[NEXT];
    x = memory[HELD(place)];
    if
    :: x > gate && x <= next -> memory[REDELIVERY(place, 0)] = x
    :: else
    fi;
    memory[ORPHANS] = memory[ORPHANS] | (1 << place);
    ADD_TO_EPOCH;
    memory[HELD(place)] = 0;
    d_step { places[place] = gone; gate = 0; next = 0; x = 0 }
}

/* Instead of any step of it. */
#if DAEMON_DEATHS == 0
#define OR_DIE(step) step
#else
#define DIES \
    d_step { \
        daemon_deaths_left > 0 -> \
        daemon_deaths_left--; \
        may_be_again = may_be_again + (copied > 0); \
        to = 0; from = 0; i = 0; j = 0; copied = 0; x = 0 \
    }; \
    goto died
#define OR_DIE(step) if :: step :: DIES fi
#endif

#ifdef COPIES_OVER
#define MAY_COPY_TO(location) true
#else
#define MAY_COPY_TO(location) (memory[location] == 0)
#endif
#ifdef COPIES_TWICE
#define IS_COPIED(i) false
#else
#define IS_COPIED(i) (copied & (1 << (i)))
#endif

/* group.cpp move_redeliveries. */
inline move_redeliveries() {
    do
    :: i == WORDS -> break
    :: i < WORDS && MAY_COPY_TO(REDELIVERY(to, i)) ->
        d_step {
            j = 0;
            do
            :: j < WORDS && (memory[REDELIVERY(from, j)] == 0 || IS_COPIED(j)) -> j++
            :: else -> break
            od;
            if :: j < WORDS -> x = memory[REDELIVERY(from, j)] :: else fi
        };
        if
        :: j < WORDS ->
#ifdef CLEARS_FIRST
            OR_DIE(memory[REDELIVERY(from, j)] = 0);
#endif
            OR_DIE(memory[REDELIVERY(to, i)] = x);
            copied = copied | (1 << j)
        :: else
        fi;
        d_step { i++; j = 0; x = 0 }
    :: i < WORDS && !MAY_COPY_TO(REDELIVERY(to, i)) -> i++
    od;
    i = 0;
    if
    :: copied > 0 ->
#ifndef WITHOUT_EPOCH
        OR_DIE(ADD_TO_EPOCH);
#endif
        do
        :: j == WORDS -> break
        :: j < WORDS && (copied & (1 << j)) -> OR_DIE(memory[REDELIVERY(from, j)] = 0); j++
        :: j < WORDS && !(copied & (1 << j)) -> j++
        od
    :: else
    fi;
    skip;
    d_step { j = 0; copied = 0 }
}

/* group.cpp gather_orphans. */
inline gather() {
    do
    :: to == PLACES -> break
    :: to < PLACES && from == PLACES -> to++; from = 0
    :: to < PLACES && from < PLACES ->
        if
        :: from > to && places[to] == gone && places[from] == gone -> move_redeliveries()
        :: else
        fi;
        from++
    od;
    skip;
    d_step { to = 0; from = 0; is_to_gather = false }
}

inline settle(place) {
    memory[ORPHANS] = memory[ORPHANS] & ~(1 << place);
    memory[MEMBERS] = memory[MEMBERS] & ~(1 << place);
    ADD_TO_EPOCH;
    places[place] = free
}

inline join(place) {
    memory[MEMBERS] = memory[MEMBERS] | (1 << place);
    ADD_TO_EPOCH;
    d_step { places[place] = used; at = place; is_alive = true }
}

#define IS_EMPTY(place) \
    (memory[REDELIVERY(place, 0)] == 0 && memory[REDELIVERY(place, 1)] == 0 && memory[REDELIVERY(place, WORDS - 1)] == 0)
#define MAY_SETTLE(place) (!is_to_gather && places[place] == gone && IS_EMPTY(place))
#define MAY_JOIN(place) (!is_to_gather && !is_alive && unrecovered == 0 && joins_left > 0 && places[place] == free)

#ifdef NEVER_GATHERS
#define WHETHER_TO_GATHER false
#elif defined(GATHERS_AMONG_MEMBERS)
#define WHETHER_TO_GATHER true
#else
#define WHETHER_TO_GATHER !is_alive
#endif

proctype Daemon() {
    byte daemon_deaths_left = DAEMON_DEATHS, joins_left = LIVES - 1, gate, next, to, from, i, j, copied, x, begun;
    bool is_to_gather;
    do
    :: begun < PLACES - 1 -> recover(begun); begun++
    :: begun == PLACES - 1 -> unrecovered = 0; is_to_gather = WHETHER_TO_GATHER; begun++; break
    od;
end:
    do
    :: unrecovered > 0 && stores_waiting[MEMBER] == 0 ->
        recover(at);
        d_step { unrecovered = 0; is_to_gather = WHETHER_TO_GATHER }
    :: is_to_gather -> gather()
    :: MAY_SETTLE(0) -> settle(0)
    :: MAY_SETTLE(1) -> settle(1)
#if PLACES > 2
    :: MAY_SETTLE(2) -> settle(2)
#endif
    :: MAY_JOIN(0) -> joins_left--; join(0)
    :: MAY_JOIN(1) -> joins_left--; join(1)
#if PLACES > 2
    :: MAY_JOIN(2) -> joins_left--; join(2)
#endif
#if DAEMON_DEATHS > 0
    :: false ->
died:
        skip /* is_to_gather still */
#endif
    od
}

/* Once nobody has anything to do any more. */
proctype Last() {
    byte position;
    timeout;
    assert(head == LAST && is_alive);
    do
    :: position < LAST -> assert(times_processed[position] > 0); position++
    :: else -> break
    od
}

init {
    atomic {
        memory[SEQ(0)] = 1;
        memory[SEQ(1)] = 2;
        memory[NEXT] = PLACES - 1;
        memory[HELD(0)] = 1;
        memory[MEMBERS] = 3;
#if PLACES > 2
        memory[HELD(1)] = 2;
        memory[MEMBERS] = 7;
#endif
        run Memory();
        run Producer();
        run Member();
        run Killer();
        run Daemon();
        run Last()
    }
}
