/* A producer laps lossy consumers (E7). The properties: a view that a consumer holds is never written over, however far it
   is lapped; delivered + stepped over + lost = positions passed, and what was delivered or lost and is no tombstone is
   exactly what was published; a slot whose seq is newer than awaited has a floor that says so.

   Code: producer_side.hpp try_reserve, make_room, publish, publish_batch; and what lossy_producer.pml and
   lossy_consumer.pml name.

   Variants: CONSUMERS, SLOTS, BATCH, LAST, KEEPS, DEATHS, RANGE (2: a batch of up to two positions, of which only the first
   was looked at for marks), FENCES (a ring without membarrier).
   Mistakes: WITHOUT_MEMBARRIER, CONSUMER_WITHOUT_FENCE (with FENCES), HELD_BY_POSITION, TOMBSTONE_WRITES_HEADER,
   LOST_IS_MESSAGES, NEWER_IS_NOTHING_YET, LISTS_BEFORE_BARRIER, FLOOR_AFTER_BARRIER, SUCCESSOR_TRUSTS_FLOOR; with
   RANGE: ROW_BEYOND_LOW (a batch goes on to what a consumer has not passed), ROW_UP_TO_FLOOR (with BATCH: likewise, as far as
   nobody begins any more). */
#if CONSUMERS == 2
#define PROCESSES 3
#else
#define PROCESSES 2
#endif
#include "lossy_ring.pml"

init {
    atomic {
        memory[POS(0)] = FIRST;
        memory[MEMBER(0)] = 1;
        starts_at[0] = FIRST;
#if CONSUMERS > 1
        memory[POS(1)] = FIRST;
        memory[MEMBER(1)] = 1;
        starts_at[1] = FIRST;
#endif
        run Memory();
        run Producer();
        run Consumer(0);
#if CONSUMERS > 1
        run Consumer(1)
#endif
    }
}
