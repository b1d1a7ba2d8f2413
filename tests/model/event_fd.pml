/* A consumer that waits in epoll, the thread of its process that sleeps in the ring for it, and a producer, which may
   remove the ring instead of publishing on (in truth the daemon does: nothing of it depends on who it is).

   The property: the consumer comes to its end, with every message taken or the removal seen. Spin reports a wake-up that
   is missed, by the thread or by the loop, as an invalid end state: only the thread may sleep for ever.

   Edge: E3, from the thread behind event_fd.

   Code: subscription_reader.hpp nothing_yet; message_event.cpp set; event_thread.cpp set, run, announce_new_ones, look_at_all,
   go_off; message_watch.hpp; wake.hpp wake_consumers; membership.cpp mark_removed.

   Variants: EDGES (EPOLLET), ONE_AT_A_TIME (the loop takes one message a turn, and relies on levels), REMOVES, FENCES (a
   ring without membarrier).
   Mistakes: THREAD_WITHOUT_MEMBARRIER, PUBLISH_WITHOUT_FENCE (with FENCES), SETS_SILENTLY (the thread's own word does not
   change), CLEARS_LAST (the eventfd is cleared after the alarm is set), SLEEPS_ON_SEQ_ONLY (with REMOVES), EDGES with
   ONE_AT_A_TIME (what docs/waiting.md forbids). */
#ifndef MESSAGES
#define MESSAGES 3
#endif
#define SLOTS MESSAGES

#define PROCESSES 3
#define PRODUCER 0
#define THREAD 1
#define CONSUMER 2

#define SEQ(position) (position)
#define LIFE SLOTS /* 1: removed */
#define WAIT_SEQ (SLOTS + 1)
#define WAITING (SLOTS + 2)
#define IS_SET (SLOTS + 3)
#define CHANGES (SLOTS + 4)
#define LOCATIONS (SLOTS + 5)
#include "store_buffers.pml"

#ifdef PUBLISH_WITHOUT_FENCE
#define LIGHT_E3(process) skip
#else
#define LIGHT_E3(process) LIGHT(process)
#endif
#ifdef THREAD_WITHOUT_MEMBARRIER
#define HEAVY_E3(process) FENCE(process)
#else
#define HEAVY_E3(process) HEAVY(process)
#endif

/* A read-modify-write. */
#define CHANGE(process, location, value) d_step { flush_all(process); memory[location] = value }

/* Of the process: under its lock. */
bool is_locked;
byte position;
bool is_new, is_announced;
#define LOCK(process) d_step { !is_locked -> flush_all(process); is_locked = true }
#define UNLOCK(process) d_step { flush_all(process); is_locked = false }

/* Of the kernel. A wait for edges looks at the level too. */
bool is_readable, has_edge;
#define WRITE_EVENT(process) d_step { flush_all(process); is_readable = true; has_edge = true }
#define READ_EVENT(process) d_step { flush_all(process); is_readable = false }
#ifdef EDGES
#define EPOLL_WAIT(process) d_step { is_readable && has_edge -> flush_all(process); has_edge = false }
#else
#define EPOLL_WAIT(process) d_step { is_readable -> flush_all(process) }
#endif

#define NOWHERE 255
bool is_asleep;
byte sleeps_on_seq = NOWHERE; /* beside CHANGES, and LIFE where there is a seq */

#ifdef SLEEPS_ON_SEQ_ONLY
#define LIFE_IS(seen) true
#define WAKES_ON_LIFE false
#else
#define LIFE_IS(seen) (memory[LIFE] == seen)
#define WAKES_ON_LIFE (sleeps_on_seq != NOWHERE)
#endif

#define FUTEX_WAKE(process, is_slept_on) \
    d_step { flush_all(process); if :: is_asleep && (is_slept_on) -> is_asleep = false :: else fi }

/* wake.hpp wake_consumers. */
inline wake_consumer() {
    LOAD(PRODUCER, WAITING, x);
    if
    :: x ->
        LOAD(PRODUCER, WAIT_SEQ, x);
        if :: x == head + 1 -> FUTEX_WAKE(PRODUCER, sleeps_on_seq == SEQ(head)) :: else fi
    :: else
    fi;
    x = 0
}

proctype Producer() {
    byte head, x;
    do
    :: head == MESSAGES -> break
    :: head < MESSAGES ->
        STORE(PRODUCER, SEQ(head), head + 1);
        LIGHT_E3(PRODUCER);
        wake_consumer();
        head++
#ifdef REMOVES
    :: CHANGE(PRODUCER, LIFE, 1);
        FUTEX_WAKE(PRODUCER, WAKES_ON_LIFE);
        break
#endif
    od
}

inline look() {
    LOAD(THREAD, SEQ(position), seq);
    LOAD(THREAD, LIFE, life)
}

/* event_thread.cpp run. The words are compared and the thread put to sleep in one step. */
proctype Thread() {
    byte changes, seq, life, on;
    do
    :: LOAD(THREAD, CHANGES, changes);
        LOCK(THREAD);
        if
        :: is_new ->
            d_step { is_new = false; is_announced = true };
            STORE(THREAD, WAIT_SEQ, position + 1);
            CHANGE(THREAD, WAITING, 1);
            HEAVY_E3(THREAD)
        :: else
        fi;
        on = NOWHERE;
        LOAD(THREAD, IS_SET, seq);
        if
        :: seq ->
            look();
            if
            :: seq == position + 1 || life ->
                STORE(THREAD, IS_SET, 0);
                if :: is_announced -> CHANGE(THREAD, WAITING, 0) :: else fi;
                is_announced = false;
                WRITE_EVENT(THREAD)
            :: else -> on = SEQ(position)
            fi
        :: else
        fi;
        UNLOCK(THREAD);
        d_step {
            flush_all(THREAD);
            if
            :: memory[CHANGES] == changes && (on == NOWHERE || (memory[on] == seq && LIFE_IS(life))) ->
                is_asleep = true;
                sleeps_on_seq = on
            :: else
            fi;
            changes = 0; seq = 0; life = 0; on = 0
        };
end_asleep:
        d_step { !is_asleep -> sleeps_on_seq = NOWHERE }
    od
}

/* message_event.cpp set, event_thread.cpp set. */
inline set_alarm() {
    LOAD(CONSUMER, IS_SET, x);
    if
    :: x && own_position == next
    :: else ->
        LOCK(CONSUMER);
        LOAD(CONSUMER, IS_SET, x);
#ifndef CLEARS_LAST
        if :: !x -> READ_EVENT(CONSUMER) :: else fi;
#endif
        d_step { position = next; own_position = next; is_new = true };
        STORE(CONSUMER, IS_SET, 1);
        UNLOCK(CONSUMER);
#ifndef SETS_SILENTLY
        d_step { flush_all(CONSUMER); memory[CHANGES] = (memory[CHANGES] + 1) % 8 };
        FUTEX_WAKE(CONSUMER, true);
#endif
#ifdef CLEARS_LAST
        if :: !x -> READ_EVENT(CONSUMER) :: else fi;
#endif
    fi;
    x = 0
}

proctype Consumer() {
    byte next, own_position, x;
    set_alarm(); /* event_fd() */
    do
    :: EPOLL_WAIT(CONSUMER);
        do
        :: next == MESSAGES -> goto done
        :: next < MESSAGES ->
            LOAD(CONSUMER, SEQ(next), x);
            if
            :: x == next + 1 ->
                next++;
                x = 0;
#ifdef ONE_AT_A_TIME
                if :: next < MESSAGES -> break :: else fi
#endif
            :: else ->
                LOAD(CONSUMER, LIFE, x);
                if :: x -> goto done :: else fi;
                set_alarm();
                break
            fi
        od
    od;
done:
    skip
}

init {
    atomic {
        run Memory();
        run Producer();
        run Thread();
        run Consumer();
    }
}
