/* Memory as x86 has it (total store order): what a process stores waits in its own store buffer, first in first out, and
   reaches memory at some later moment; the process itself reads its newest store from there. So a load overtakes the
   stores before it, and that is the only reordering there is.

   A model defines PROCESSES (numbered from 0) and LOCATIONS (numbered from 0, one byte each) before it includes this, and
   runs Memory(). (Spin allows no break to end at a d_step, which most of these are: hence `od; skip`.) A full buffer
   makes its process wait, so BUFFER_DEPTH bounds by how many stores a load is overtaken. */
#ifndef BUFFER_DEPTH
#define BUFFER_DEPTH 3
#endif

byte memory[LOCATIONS];
byte stored_at[PROCESSES * BUFFER_DEPTH];
byte stored_value[PROCESSES * BUFFER_DEPTH];
byte stores_waiting[PROCESSES];
hidden byte entry;

#define FIRST_ENTRY(process) ((process) * BUFFER_DEPTH)
#define END_ENTRY(process) (FIRST_ENTRY(process) + stores_waiting[process])

/* Entries that are free again become 0, so that equal buffers are equal states. */
inline flush_oldest(process) {
    memory[stored_at[FIRST_ENTRY(process)]] = stored_value[FIRST_ENTRY(process)];
    stores_waiting[process]--;
    entry = FIRST_ENTRY(process);
    do
    :: entry < END_ENTRY(process) ->
        stored_at[entry] = stored_at[entry + 1];
        stored_value[entry] = stored_value[entry + 1];
        entry++
    :: else -> break
    od;
    stored_at[entry] = 0;
    stored_value[entry] = 0
}

inline flush_all(process) {
    do
    :: stores_waiting[process] > 0 -> flush_oldest(process)
    :: else -> break
    od;
    skip
}

inline append_store(process, location, value) {
    stored_at[END_ENTRY(process)] = location;
    stored_value[END_ENTRY(process)] = value;
    stores_waiting[process]++
}

#define STORE(process, location, value) \
    d_step { stores_waiting[process] < BUFFER_DEPTH -> append_store(process, location, value) }

inline load(process, location, value) {
    value = memory[location];
    entry = FIRST_ENTRY(process);
    do
    :: entry < END_ENTRY(process) ->
        if :: stored_at[entry] == (location) -> value = stored_value[entry] :: else fi;
        entry++
    :: else -> break
    od;
    skip
}

#define LOAD(process, location, value) d_step { load(process, location, value) }

/* MFENCE; also every read-modify-write and every system call. */
#define FENCE(process) d_step { flush_all(process) }

/* membarrier(GLOBAL_EXPEDITED): each other process passes a fence at a moment of its own between call and return. */
#if PROCESSES == 2
#define MEMBARRIER(process) FENCE(process); FENCE(1 - (process))
#elif PROCESSES == 3
#define MEMBARRIER(process) \
    FENCE(process); \
    if \
    :: FENCE(((process) + 1) % 3); FENCE(((process) + 2) % 3) \
    :: FENCE(((process) + 2) % 3); FENCE(((process) + 1) % 3) \
    fi
#elif PROCESSES == 4
/* Needs a variable `reached`: a bit for each. */
#define REACH(process) !(reached & (1 << (process))) -> d_step { flush_all(process); reached = reached | (1 << (process)) }
#define MEMBARRIER(process) \
    FENCE(process); \
    reached = 1 << (process); \
    do \
    :: REACH(0) \
    :: REACH(1) \
    :: REACH(2) \
    :: REACH(3) \
    :: reached == 15 -> break \
    od; \
    reached = 0
#endif

/* barrier.hpp: light() and heavy() of a ring that uses membarrier; with -DFENCES, of one that does not. */
#ifdef FENCES
#define LIGHT(process) FENCE(process)
#define HEAVY(process) FENCE(process)
#else
#define LIGHT(process) skip
#define HEAVY(process) MEMBARRIER(process)
#endif

proctype Memory() {
end:
    do
    :: d_step { stores_waiting[0] > 0 -> flush_oldest(0) }
    :: d_step { stores_waiting[1] > 0 -> flush_oldest(1) }
#if PROCESSES > 2
    :: d_step { stores_waiting[2] > 0 -> flush_oldest(2) }
#endif
#if PROCESSES > 3
    :: d_step { stores_waiting[3] > 0 -> flush_oldest(3) }
#endif
    od
}
