/**
 * The smallest node: it "translates" by saying how long the speech was, and gives the speech back.
 *
 *   node --conditions=source examples/echo-node.ts [ws://127.0.0.1:5010/ws/node]
 *
 * It lists no GPU: the scheduler takes it when `nodes.require_gpu = false`.
 */
import { createSpeechNode, NodeJobError } from 'lingua-scheduler/node';

const [url = 'ws://127.0.0.1:5010/ws/node'] = process.argv.slice(2);
const types = ['asr', 'nmt', 'tts'] as const;

const node = createSpeechNode({
  url,
  capacity: 4,
  registration: {
    version: '1.0.0',
    platform: process.platform,
    hardware: { cpu_cores: 1, memory_gb: 1 },
    installed_services: types.map((type) => ({
      service_id: `echo-${type}`,
      type,
      device: 'cpu' as const,
      status: 'running' as const,
    })),
    capability_by_type: types.map((type) => ({ type, ready: true })),
    language_pairs: [{ src: '*', tgt: '*' }],
    advanced_features: ['job_ack', 'job_reject', 'audio:pcm16', 'audio:opus'],
  },
  onJob: async (job) => {
    if (job.audioBytes.length === 0) throw new NodeJobError('INVALID_AUDIO', 'a job without audio');
    const durationMs = Math.round(job.audio.reduce((sum, piece) => sum + piece.durationMs, 0));
    return {
      text_asr: `${durationMs} ms of ${job.src_lang}`,
      text_translated: `${durationMs} ms in ${job.tgt_lang}`,
      tts_audio: job.audioBytes,
      tts_format: job.audio_format,
    };
  },
  onStatus: (event) => console.log(JSON.stringify(event)),
});

process.once('SIGINT', () => void node.stop());
await node.start();
