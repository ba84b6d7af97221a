import { Worker } from 'bullmq';
import { RESULT_AUDIO, RESULT_TEXTS } from '../pipeline/load.ts';
import { type Answer, connectTo, QUEUE, redisPort, type SpokenJob } from './words.ts';

/** As many utterances at once as there are sessions: the worker is not what is measured. */
const CONCURRENCY = 64;

/** Stands for the nodes: answers at once. A hop to nodes of its own would only make this side dearer. */
const worker = new Worker<SpokenJob, Answer>(
  QUEUE,
  async ({ data }) => {
    const { session_id, utterance_index, trace_id } = data;
    return { session_id, utterance_index, trace_id, ...RESULT_TEXTS, tts_audio: RESULT_AUDIO };
  },
  { connection: connectTo(redisPort()), concurrency: CONCURRENCY },
);
process.on('disconnect', () => process.exit(0));
worker.on('error', (error) => {
  // When all is over, Redis may be gone before the word that the gateway is.
  setImmediate(() => {
    if (process.connected) console.error(error);
    process.exit(1);
  });
});
await worker.waitUntilReady();
process.send?.('ready');
