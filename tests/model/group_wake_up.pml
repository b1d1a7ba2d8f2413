/* Wake-ups of the members of a group (E3): a publish wakes one member that sleeps, and whoever takes a message and leaves
   others behind wakes the next one. Each member sleeps on a word of its own, wakes.

   The property: no message stays unclaimed for ever while a member sleeps. Spin reports that as an invalid end state:
   a sleeper goes home once everything is claimed. Whoever does not sleep is not relied on: each member may take a
   message, or find none, and never come back; member 0 may have a DEADLINE, which ends its sleep at any moment.

   A member with an event_fd (EVENTS: the first so many) sleeps by a thread of its process, which, once there is something
   to take, is no sleeper any more, makes the descriptor readable, and wakes another member: its own may be busy for ever.

   A member that dies (MEMBER_DIES: member 0, at any moment) may have been woken, and not taken what it was woken for, or
   have claimed it. What recovery makes of its claims is group.pml's; here the stores of recovery are out at once. A
   member that can hold no more (FULL_HANDS: member 0, at any moment) takes nothing, and wakes another one instead.

   Code: group_member.hpp try_next_batch, claim, pass_on, take_first_of; group_scan.hpp is_group_ready, wake_next_member;
   subscription_reader.hpp sleep_for_message; message_watch.hpp announce, look, withdraw, pass_on; wake.hpp
   wake_consumers, wake_members, wake_one_member, wake_member; group.cpp recover_member. (No slot is used twice, nobody is evicted, and each member claims one message at a time.)

   Variants: PRODUCERS (who publish in any order; ONE_EACH: one message each), MEMBERS, LAST, RANGE (messages published at once), DEADLINE, EVENTS,
   MEMBER_DIES, FULL_HANDS, FENCES (a ring without membarrier), PASS_ON_WITHOUT_FENCE (which store buffers alone do not need: whoever
   was woken finds the bit of each member that slept when it was).
   Mistakes: SLEEPER_WITHOUT_MEMBARRIER, PUBLISH_WITHOUT_FENCE (with FENCES), PASSES_NOTHING_ON, LOADS_WAKES_LAST (after
   the look), KEEPS_WAKES (they do not change), STOPS_AT_WHO_IS_AWAKE (one that is woken need not have slept),
   WAKES_BY_EXACT_POSITION, RECOVERY_WAKES_NOBODY, RECOVERY_WAKES_FIRST (before the dead member's message is there),
   THREAD_PASSES_NOTHING_ON, PASSES_ON_ITS_OWN (for the position that it has announced, not for next),
   FULL_HANDS_KEEP_THE_WAKE. */
#ifndef PRODUCERS
#define PRODUCERS 1
#endif
#ifndef MEMBERS
#define MEMBERS 2
#endif
#ifndef LAST
#define LAST 2
#endif
#ifndef RANGE
#define RANGE 1
#endif
#ifndef EVENTS
#define EVENTS 0
#endif

#ifdef MEMBER_DIES
#define STAYS 1 /* the first so many stay away only when they are dead */
#else
#define STAYS 0
#endif

#define PROCESSES (PRODUCERS + MEMBERS)
#define MEMBER(m) (PRODUCERS + (m))

#define SEQ(position) (position) /* that of LAST is never published */
#define NEXT (LAST + 1)
#define WAITERS (LAST + 2) /* a bit for each member */
#define REDELIVERY (LAST + 3) /* position + 1, 0 = none */
#define WAIT_SEQ(m) (LAST + 4 + (m))
#define WAKES(m) (LAST + 4 + MEMBERS + (m))
#define HELD(m) (LAST + 4 + 2 * MEMBERS + (m)) /* position + 1, 0 = none */
#define LOCATIONS (LAST + 4 + 3 * MEMBERS)
#include "store_buffers.pml"

#ifdef PUBLISH_WITHOUT_FENCE
#define LIGHT_OF_PUBLISH(process) skip
#else
#define LIGHT_OF_PUBLISH(process) LIGHT(process)
#endif
#ifdef PASS_ON_WITHOUT_FENCE
#define LIGHT_OF_PASS_ON(process) skip
#else
#define LIGHT_OF_PASS_ON(process) LIGHT(process)
#endif
#ifdef SLEEPER_WITHOUT_MEMBARRIER
#define HEAVY_E3(process) FENCE(process)
#else
#define HEAVY_E3(process) HEAVY(process)
#endif

/* A read-modify-write. */
#define CHANGE(process, location, change) d_step { flush_all(process); memory[location] = memory[location] change }

bool is_asleep[MEMBERS];
bool is_dead, is_recovered;
byte head; /* claimed by producers */

#define IS_ALL_CLAIMED (memory[NEXT] == LAST && memory[REDELIVERY] == 0 && is_dead == is_recovered)

#define FUTEX_WAKE(process, m) \
    d_step { flush_all(process); if :: is_asleep[m] -> is_asleep[m] = false; is_woken = true :: else fi }

#ifdef WAKES_BY_EXACT_POSITION
#define MAY_TAKE(wait_seq, position) (wait_seq == (position) + 1)
#else
#define MAY_TAKE(wait_seq, position) (wait_seq <= (position) + 1)
#endif

/* wake.hpp wake_one_member, wake_member. */
inline wake_if_asleep(process, among, m, position) {
    if
    :: !is_woken && (among & (1 << (m))) ->
        LOAD(process, WAIT_SEQ(m), y);
        if
        :: MAY_TAKE(y, position) ->
#ifndef KEEPS_WAKES
            CHANGE(process, WAKES(m), + 1);
#endif
            FUTEX_WAKE(process, m);
#ifdef STOPS_AT_WHO_IS_AWAKE
            is_woken = true
#endif
        :: else
        fi
    :: else
    fi
}

/* Any of them may be the first. */
inline wake_one(process, among, position) {
    if
    :: among ->
        if
        :: turn = 0
        :: turn = 1
#if MEMBERS > 2
        :: turn = 2
#endif
        fi;
        wake_if_asleep(process, among, turn, position);
        wake_if_asleep(process, among, (turn + 1) % MEMBERS, position);
#if MEMBERS > 2
        wake_if_asleep(process, among, (turn + 2) % MEMBERS, position);
#endif
    :: else
    fi;
    d_step { turn = 0; y = 0; is_woken = false }
}

/* Claims up to RANGE positions; seqs are stored in ascending order. */
proctype Producer(byte self) {
    byte position, count, x, y, turn, reached;
    bool is_woken;
    do
    :: atomic {
            head < LAST ->
            position = head;
            count = 1;
#if RANGE > 1
            if :: head + 1 < LAST -> count = 2 :: true fi;
#endif
            head = head + count
        };
        STORE(self, SEQ(position), position + 1);
#if RANGE > 1
        if :: count > 1 -> STORE(self, SEQ(position + 1), position + 2) :: else fi;
#endif
        LIGHT_OF_PUBLISH(self);
        LOAD(self, WAITERS, x);
        wake_one(self, x, position + count - 1);
        d_step { position = 0; count = 0; x = 0 }
#ifdef ONE_EACH
        break
#endif
    :: head == LAST -> break
    od
}

/* group_scan.hpp is_group_ready. */
inline look(m) {
    LOAD(MEMBER(m), NEXT, found);
    LOAD(MEMBER(m), SEQ(found), x);
#ifdef MEMBER_DIES
    if :: x <= found -> LOAD(MEMBER(m), REDELIVERY, x); is_ready = (x > 0) :: else -> is_ready = true fi
#else
    is_ready = (x > found)
#endif
}

/* group_scan.hpp wake_next_member. */
inline pass_on(m) {
    LIGHT_OF_PASS_ON(MEMBER(m));
    LOAD(MEMBER(m), WAITERS, sleeping);
    sleeping = sleeping & ~(1 << m);
    if
    :: sleeping ->
        look(m);
        if
        :: is_ready ->
#ifdef PASSES_ON_ITS_OWN
            found = next;
#else
            LOAD(MEMBER(m), NEXT, found);
#endif
            wake_one(MEMBER(m), sleeping, found)
        :: else
        fi
    :: else
    fi;
    d_step { x = 0; found = 0; sleeping = 0; is_ready = false }
}

/* At the moments that others can tell apart. */
#ifdef MEMBER_DIES
#define MAY_DIE(m) if :: m == 0 -> goto dead :: true fi
#define OR_DIES_ASLEEP(m) :: d_step { m == 0 && is_asleep[m] -> is_asleep[m] = false }; goto dead
#else
#define MAY_DIE(m) skip
#define OR_DIES_ASLEEP(m)
#endif
#ifdef DEADLINE
#define OR_DEADLINE(m) :: d_step { m == 0 && is_asleep[m] -> is_asleep[m] = false; is_over = true }; break
#else
#define OR_DEADLINE(m)
#endif

/* Announce, heavy barrier, look and sleep as often as need be, withdraw. Only the member itself compares its wakes, with
   what they were before its last look: they begin anew. */
inline sleep_for_message(m) {
    STORE(MEMBER(m), WAIT_SEQ(m), next + 1);
    CHANGE(MEMBER(m), WAITERS, | (1 << m));
    MAY_DIE(m);
    HEAVY_E3(MEMBER(m));
    do
    ::
#ifndef LOADS_WAKES_LAST
        LOAD(MEMBER(m), WAKES(m), wakes);
#endif
        look(m);
#ifdef LOADS_WAKES_LAST
        LOAD(MEMBER(m), WAKES(m), wakes);
#endif
        if
        :: is_ready -> break
        :: else ->
            d_step {
                flush_all(MEMBER(m));
                if :: memory[WAKES(m)] == wakes -> is_asleep[m] = true :: else fi;
                memory[WAKES(m)] = 0; wakes = 0; x = 0; found = 0
            };
            if
            :: !is_asleep[m] -> MAY_DIE(m)
            OR_DIES_ASLEEP(m)
            OR_DEADLINE(m)
            :: d_step { is_asleep[m] && IS_ALL_CLAIMED -> is_asleep[m] = false }; goto home
            fi
        fi
    od;
    skip;
    d_step {
        flush_all(MEMBER(m));
        memory[WAITERS] = memory[WAITERS] & ~(1 << m);
        memory[WAKES(m)] = 0; wakes = 0; x = 0; is_ready = false
    };
    MAY_DIE(m)
}

#ifdef THREAD_PASSES_NOTHING_ON
#define PASS_ON_OF_THREAD(m) skip
#else
#define PASS_ON_OF_THREAD(m) pass_on(m)
#endif

#ifdef FULL_HANDS_KEEP_THE_WAKE
#define PASS_ON_OF_FULL_HANDS(m) skip
#else
#define PASS_ON_OF_FULL_HANDS(m) pass_on(m)
#endif

/* Intent first, then the compare-and-swap of next, or of the redelivery word. */
inline take(m, location, old, new, position) {
#ifdef MEMBER_DIES
    STORE(MEMBER(m), HELD(m), position + 1);
    MAY_DIE(m);
#endif
    d_step {
        flush_all(MEMBER(m));
        if :: memory[location] == old -> memory[location] = new; is_mine = true :: else fi
    };
    x = 0;
    MAY_DIE(m)
}

proctype Member(byte m) {
    byte next, found, wakes, sleeping, x, y, turn, reached;
    bool is_ready, is_woken, is_mine, is_over;
    do
    ::
#ifdef MEMBER_DIES
        LOAD(MEMBER(m), REDELIVERY, x);
        if
        :: x > 0 ->
            found = x - 1;
            take(m, REDELIVERY, found + 1, 0, found);
            found = 0
        :: else
        fi;
#endif
        if
        :: !is_mine ->
            LOAD(MEMBER(m), NEXT, next);
#ifdef FULL_HANDS
            if :: m == 0 -> PASS_ON_OF_FULL_HANDS(m); goto home :: true fi;
#endif
            LOAD(MEMBER(m), SEQ(next), x);
            if
            :: x > next ->
                take(m, NEXT, next, next + 1, next);
                if :: is_mine -> next++ :: else -> goto lost_the_race fi
            :: else ->
                x = 0;
                if
                :: is_over -> goto home
                :: m >= STAYS && !is_over -> goto home
                :: !is_over -> sleep_for_message(m)
                fi;
#if EVENTS > 0
                if
                :: m < EVENTS ->
                    PASS_ON_OF_THREAD(m);
                    if :: goto home :: true fi /* its owner comes, or does not */
                :: else
                fi;
#endif
                goto next_turn
            fi
        :: else
        fi;
#ifndef PASSES_NOTHING_ON
        pass_on(m);
        MAY_DIE(m);
#endif
        if :: m >= STAYS -> goto home :: true fi; /* it is busy for ever, or comes back */
lost_the_race:
        skip;
#ifdef MEMBER_DIES
        STORE(MEMBER(m), HELD(m), 0);
#endif
next_turn:
        is_mine = false
    od;
#ifdef MEMBER_DIES
dead:
    is_dead = true;
#endif
home:
    skip;
    d_step { next = 0; found = 0; wakes = 0; sleeping = 0; x = 0; y = 0; turn = 0; reached = 0; is_ready = false; is_woken = false; is_mine = false; is_over = false }
}

#ifdef MEMBER_DIES
/* group.cpp recover_member. */
inline wake_if_waiting(m) {
    if :: memory[WAITERS] & (1 << m) -> memory[WAKES(m)]++; is_asleep[m] = false :: else fi
}
inline wake_them() {
    wake_if_waiting(1);
#if MEMBERS > 2
    wake_if_waiting(2);
#endif
    skip
}
proctype Recovery() {
end:
    is_dead && stores_waiting[MEMBER(0)] == 0;
    memory[WAITERS] = memory[WAITERS] & ~1;
#ifdef RECOVERY_WAKES_FIRST
    wake_them();
#endif
    if
    :: memory[HELD(0)] > 0 && memory[HELD(0)] <= memory[NEXT] -> memory[REDELIVERY] = memory[HELD(0)]
    :: else
    fi;
    memory[HELD(0)] = 0;
#if !defined(RECOVERY_WAKES_NOBODY) && !defined(RECOVERY_WAKES_FIRST)
    wake_them();
#endif
    is_recovered = true
}
#endif

init {
    atomic {
        run Memory();
        run Producer(0);
#if PRODUCERS > 1
        run Producer(1);
#endif
        run Member(0);
        run Member(1);
#if MEMBERS > 2
        run Member(2);
#endif
#ifdef MEMBER_DIES
        run Recovery()
#endif
    }
}
