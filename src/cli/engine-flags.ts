/**
 * With what the pinned engine runs a scheduler (docs/performance.md).
 *
 * Audio lives outside of the heap, and the engine takes its coming and going for growth: with the usual small heap it
 * collects all of it many times a second, which doubled the cost of PCM speech. And what one utterance needs is garbage a
 * moment later: in a nursery of some size most of it is gone before it is looked at. The engine must not guess what will live
 * long: it put small things among the old, and the old keeps what it once pointed to, dead or not, such as a third of all
 * audio, until everything is collected.
 *
 * What is done once for an utterance is called so seldom that the engine's usual counts are reached after thousands of
 * them; by a tenth of these it knows as well what to compile.
 */
export const ENGINE_FLAGS: readonly string[] = [
  '--initial-heap-size=600',
  '--min-semi-space-size=32',
  '--max-semi-space-size=32',
  '--no-allocation-site-pretenuring',
  '--invocation-count-for-maglev=100',
  '--invocation-count-for-turbofan=300',
];
