/* A lossless subscription joins while the producer refreshes its gate (E5), and reads on from the head it found (E6); with
   GROUP, a group begins, which has a next where a subscription has its pos.

   One producer (which may die, followed by another), one subscription that was there before and may advance or leave, and
   the daemon that lets a second one join, at `oldest`, `newest` or `next`; once admitted, that one consumes.
   The properties: from a join's return on, no position at or above its result is written over; a head that anybody found
   has every message below it published, and none above it that was published before the look began. With GROUP also: from
   then on no gate is announced above what is not read yet, and none was.

   Head is stored after each seq; whoever looks finds one more where that stands published already.

   Code: producer_side.hpp try_reserve, publish, announce_head; head.hpp find_head; gate.hpp refresh, scan_cursors;
   membership.cpp wanted_start, join, leave, close_producer_line; group.cpp begin_at.

   Variants: DEATHS (so many producers die), HISTORY, SLOTS, LAST, RANGE (2: a batch publishes two positions after one
   look at what is free), GROUP, FENCES (that is without membarrier).
   Mistakes: PRODUCER_WITHOUT_FENCE, JOINER_WITHOUT_FENCE, JOINER_LOOKS_ONCE, EPOCH_BEFORE_POS, PRODUCER_IGNORES_EPOCH,
   SUCCESSOR_TRUSTS_GATE, HEAD_BEFORE_SEQ, HEAD_ONCE_IN_TWO, STORED_HEAD_ONLY; with RANGE: PUBLISHES_DESCENDING, RESERVES_BEYOND_THE_GATE; with
   GROUP: BEGINS_AT_THE_GATE, WITHOUT_MEMBARRIER, and with FENCES: PUBLISHES_WITHOUT_FENCE. */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef HISTORY
#define HISTORY 1
#endif
#ifndef LAST
#define LAST 7
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef RANGE
#define RANGE 1
#endif
#if RANGE == 1
#define count 1
#endif
#ifdef RESERVES_BEYOND_THE_GATE
#define IS_FREE(position) true
#else
#define IS_FREE(position) (position - gate < SLOTS)
#endif

#define FIRST SLOTS /* the first position; so that a ring's worth below it is no negative number */
#define PROCESSES 3
#define PRODUCER 0
#define DAEMON 1 /* and, once admitted, the consumer that it let in */
#define OLDER 2  /* the subscription that was there before */

#define SEQ(position) ((position) % SLOTS)
#define GATE (SLOTS + 0)
#define EPOCH (SLOTS + 1)
#define HEAD (SLOTS + 2)
#define POS(process) (SLOTS + 2 + (process))
#define MEMBER(process) (SLOTS + 4 + (process)) /* the subscription's bit of lossless */
#define LOCATIONS (SLOTS + 7)
#include "store_buffers.pml"

#define NOBODY 255
byte written_over = 0;  /* every position below it is gone, or being written over */
byte needed_from = NOBODY; /* what the joiner, once admitted, has not read yet */
byte deaths = DEATHS;
#ifdef GROUP
byte most_announced = FIRST;
#define IS_ANNOUNCED_BELOW_NEED (needed_from == NOBODY || needed_from >= most_announced)
#endif

#define CHANGE(process, location, change) d_step { flush_all(process); memory[location] = memory[location] change }
#if DEATHS > 0
#define MAY_DIE if :: deaths > 0 -> deaths--; goto successor :: true fi
#else
#define MAY_DIE skip
#endif

/* gate.hpp scan_cursors; a pos below what is free, or above head, is no honest one. */
inline look_at_cursor(process) {
    LOAD(PRODUCER, MEMBER(process), x);
    if
    :: x ->
        LOAD(PRODUCER, POS(process), x);
        d_step { if :: x >= gate && x <= head && x < lowest -> lowest = x :: else fi }
    :: else
    fi
}

/* gate.hpp refresh. */
inline refresh_gate() {
    do
    :: LOAD(PRODUCER, EPOCH, epoch);
        d_step { lowest = (head - HISTORY > FIRST -> head - HISTORY : FIRST) };
        look_at_cursor(DAEMON);
        look_at_cursor(OLDER);
        if
        :: lowest > announced ->
#ifdef GROUP
            d_step { most_announced = lowest; assert(IS_ANNOUNCED_BELOW_NEED) };
#endif
            announced = lowest;
            STORE(PRODUCER, GATE, lowest)
        :: else
        fi;
        MAY_DIE;
#ifndef PRODUCER_WITHOUT_FENCE
        FENCE(PRODUCER);
#endif
        LOAD(PRODUCER, EPOCH, x);
#ifdef PRODUCER_IGNORES_EPOCH
        x = epoch;
#endif
        if
        :: x == epoch -> break
        :: else
        fi
    od;
    skip;
    d_step { gate = lowest; lowest = 0; epoch = 0; x = 0 }
}

proctype Producer() {
    byte head, gate, announced, lowest, epoch, x;
#if RANGE > 1
    byte count;
#endif
successor:
    skip; /* the kernel has let a dead producer's stores out; then the constructor, and find_head */
    FENCE(PRODUCER);
    LOAD(PRODUCER, HEAD, head);
    LOAD(PRODUCER, SEQ(head), x);
    if :: x == head + 1 -> head++ :: else fi;
    STORE(PRODUCER, HEAD, head);
    LOAD(PRODUCER, GATE, announced);
#ifdef SUCCESSOR_TRUSTS_GATE
    gate = announced;
#else
    gate = head - SLOTS;
#endif
    do
    :: head == LAST -> break
    :: head < LAST && head - gate >= SLOTS ->
        refresh_gate();
        if
        :: head - gate >= SLOTS -> skip /* full; looks again */
        :: else -> MAY_DIE
        fi
    :: head < LAST && head - gate < SLOTS ->
#if RANGE > 1
        count = 1;
        if
        :: head + 1 < LAST && IS_FREE(head + 1) -> count = 2 /* try_reserve of a batch */
        :: true
        fi;
#endif
        d_step {
            written_over = head - SLOTS + count;
            assert(needed_from == NOBODY || needed_from >= written_over)
        };
#if RANGE > 1
        if
        :: count == 2 -> /* the first of them; the second as where it is the only one */
#ifdef PUBLISHES_DESCENDING
            STORE(PRODUCER, SEQ(head + 1), head + 2);
            MAY_DIE;
            STORE(PRODUCER, SEQ(head), head + 1);
            head++;
            STORE(PRODUCER, HEAD, head + 1);
            goto published
#else
            STORE(PRODUCER, SEQ(head), head + 1);
            MAY_DIE;
            head++;
            STORE(PRODUCER, HEAD, head)
#endif
        :: else
        fi;
#endif
#ifdef HEAD_BEFORE_SEQ
        STORE(PRODUCER, HEAD, head + 1);
        MAY_DIE;
        STORE(PRODUCER, SEQ(head), head + 1);
#else
        STORE(PRODUCER, SEQ(head), head + 1);
        MAY_DIE;
#ifdef HEAD_ONCE_IN_TWO
        if
        :: (head + 1) % 2 == 0 -> STORE(PRODUCER, HEAD, head + 1)
        :: else
        fi;
#else
        STORE(PRODUCER, HEAD, head + 1);
#endif
#endif
#ifdef PUBLISHES_DESCENDING
published:
        skip;
#endif
#if defined(GROUP) && !defined(PUBLISHES_WITHOUT_FENCE)
        LIGHT(PRODUCER); /* pass_on looks at who sleeps (E3) */
#endif
        head++
    od
}

/* As far as anybody who looks from now on must find the head. */
inline note_published(as_far_as) {
    d_step {
        as_far_as = FIRST;
        slot = 0;
        do
        :: slot < SLOTS ->
            if :: memory[slot] > as_far_as -> as_far_as = memory[slot] :: else fi;
            slot++
        :: else -> break
        od;
        slot = 0
    }
}

/* head.hpp. A seq newer than that of the position: the producer went round the ring meanwhile. */
inline find_head(process, found, seq) {
    do
    :: LOAD(process, HEAD, found);
#ifdef STORED_HEAD_ONLY
        break;
#endif
        LOAD(process, SEQ(found), seq);
        if
        :: seq > found + 1 -> skip
        :: seq == found + 1 -> found++; break
        :: else -> break
        fi
    od;
    skip;
    seq = 0
}

/* membership.cpp wanted_start and join. */
inline join() {
    LOAD(DAEMON, GATE, start);
    if
    :: true /* oldest */
    :: note_published(before);
        find_head(DAEMON, x, seq);
        assert(x >= before); before = 0;
        if
        :: x > FIRST -> LOAD(DAEMON, SEQ(x - 1), seq); assert(seq >= x)
        :: else
        fi;
        if
        :: x > start -> start = x     /* next */
        :: x > start -> start = x - 1 /* newest */
        :: x <= start
        fi;
        seq = 0
    fi;
    do
    ::
#ifdef EPOCH_BEFORE_POS
        CHANGE(DAEMON, EPOCH, + 1);
#endif
        STORE(DAEMON, POS(DAEMON), start);
#ifdef JOINER_WITHOUT_FENCE
        LOAD(DAEMON, EPOCH, x);
        STORE(DAEMON, MEMBER(DAEMON), 1);
        STORE(DAEMON, EPOCH, x + 1);
#else
        CHANGE(DAEMON, MEMBER(DAEMON), | 1);
#ifndef EPOCH_BEFORE_POS
        CHANGE(DAEMON, EPOCH, + 1);
#endif
        FENCE(DAEMON);
#endif
#ifdef JOINER_LOOKS_ONCE
        break;
#endif
        LOAD(DAEMON, GATE, x);
        if
        :: x > start -> start = x
        :: else -> break
        fi
    od;
    skip
}

/* group.cpp begin_at. */
inline begin_group() {
    LOAD(DAEMON, GATE, start); /* oldest */
    STORE(DAEMON, POS(DAEMON), start);
    CHANGE(DAEMON, MEMBER(DAEMON), | 1);
    CHANGE(DAEMON, EPOCH, + 1);
#ifdef WITHOUT_MEMBARRIER
    FENCE(DAEMON);
#else
    HEAVY(DAEMON);
#endif
    LOAD(DAEMON, GATE, x);
    if :: x > start -> start = x :: else fi;
#ifndef BEGINS_AT_THE_GATE
    find_head(DAEMON, x, seq);
    if :: x - HISTORY > start -> start = x - HISTORY :: else fi;
#endif
    STORE(DAEMON, POS(DAEMON), start)
}

proctype Joiner() {
    byte start, x, seq, before, slot;
#ifdef GROUP
    begin_group();
#else
    join();
#endif
    d_step {
        x = 0;
        needed_from = start;
        assert(needed_from >= written_over);
#ifdef GROUP
        assert(IS_ANNOUNCED_BELOW_NEED)
#endif
    };
    do
    :: start < LAST ->
        LOAD(DAEMON, SEQ(start), seq);
        if
        :: seq == start + 1 ->
            d_step { start++; needed_from = start; seq = 0 };
            STORE(DAEMON, POS(DAEMON), start)
        :: else -> assert(seq <= start); seq = 0
        fi
    :: true -> break
    od
}

proctype OlderSubscription() {
    byte next = FIRST, seq;
    do
    :: next < LAST ->
        LOAD(OLDER, SEQ(next), seq);
        if
        :: seq == next + 1 -> next++; STORE(OLDER, POS(OLDER), next)
        :: else -> assert(seq <= next)
        fi;
        seq = 0
    :: true -> break
    od;
    skip; /* membership.cpp leave */
    CHANGE(OLDER, MEMBER(OLDER), & 0);
    CHANGE(OLDER, EPOCH, + 1);
    FENCE(OLDER);
    find_head(OLDER, next, seq);
    STORE(OLDER, POS(OLDER), next)
}

init {
    atomic {
        memory[GATE] = FIRST;
        memory[HEAD] = FIRST;
        memory[POS(OLDER)] = FIRST;
        memory[MEMBER(OLDER)] = 1;
        run Memory();
        run Producer();
        run Joiner();
        run OlderSubscription()
    }
}
