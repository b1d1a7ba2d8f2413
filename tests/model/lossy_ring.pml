/* A ring with lossy consumers (E7), for lossy_eviction.pml, lossy_join.pml, several_producers_lossy.pml and
   several_producers_lossy_join.pml, which include this.

   A position's message holds position + 1 as its payload; `kinds` notes what became of each position.
   SLOTS, LAST, CONSUMERS, BATCH (by how many positions floor is raised), KEEPS (a consumer may hold one message while it
   reads on), DEATHS (so many producers die and are followed by another), RANGE (2: a producer may publish two positions at
   once). */
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 8
#endif
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef RANGE
#define RANGE 1
#endif
#ifndef DEATHS
#define DEATHS 0
#endif

#define FIRST SLOTS
#define PRODUCER 0
#ifdef SEVERAL_PRODUCERS
#define CONSUMER(c) (2 + (c)) /* 0 and 1 are producers */
#else
#define CONSUMER(c) (1 + (c))
#endif
#define TOMBSTONE 64 /* the bit of a seq */

#define SLOT_OF(position) ((position) % SLOTS)
#define SEQ(position) SLOT_OF(position)
#define PAYLOAD(position) (SLOTS + SLOT_OF(position))
#define FLOOR (2 * SLOTS + 0)
#define GATE (2 * SLOTS + 1)
#define EPOCH (2 * SLOTS + 2)
#define POS(c) (2 * SLOTS + 3 + (c))
#define MEMBER(c) (2 * SLOTS + 3 + CONSUMERS + (c)) /* the subscription's bit of lossy */
/* A held word: position + 1, 0 where nothing is held. Two of them for each consumer. */
#define HELD(c, word) (2 * SLOTS + 3 + 2 * CONSUMERS + 2 * (c) + (word))
#define FLAGS(position) (2 * SLOTS + 3 + 4 * CONSUMERS + SLOT_OF(position)) /* only for TOMBSTONE_WRITES_HEADER */
#define HEAD (3 * SLOTS + 3 + 4 * CONSUMERS) /* only where several producers share it */
#define LOCATIONS (3 * SLOTS + 4 + 4 * CONSUMERS)
#include "store_buffers.pml"

#ifdef WITHOUT_MEMBARRIER
#define HEAVY_E7(process) FENCE(process)
#else
#define HEAVY_E7(process) HEAVY(process)
#endif
#ifdef CONSUMER_WITHOUT_FENCE
#define LIGHT_E7(process) skip
#else
#define LIGHT_E7(process) LIGHT(process)
#endif
#if DEATHS > 0
#define MAY_DIE if :: deaths > 0 -> deaths--; goto successor :: true fi
#else
#define MAY_DIE skip
#endif

#define NEVER 255
mtype:kind = { unpublished, message, tombstone };
mtype:kind kinds[LAST];
byte starts_at[CONSUMERS] = NEVER; /* the position that the daemon admitted the consumer at */
bool is_over;                      /* the producer has published its last */
byte deaths = DEATHS;

#ifndef SEVERAL_PRODUCERS
#include "lossy_producer.pml"
#endif
#ifdef JOINS
#include "lossy_joiner.pml"
#endif
#include "lossy_consumer.pml"
