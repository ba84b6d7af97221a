import type { NodeFeature } from '#protocol/capabilities.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import type { HeldJob } from './job-table.ts';
import type { NodeJobContext } from './node-job.ts';

/** A registered connection. */
export interface Seat {
  readonly nodeId: string;
  readonly features: ReadonlySet<NodeFeature>;
}

/** What a handler can cause while its job runs. */
interface JobVoice {
  /** The present connection; null while there is none. */
  seat(): Seat | null;
  send(message: NodeAgentMessage): void;
  sendStarted(): void;
  tellProgress(): void;
}

/** The handler's side of one job. Everything here is silent once the job is over or aborted. */
export const contextOf = (held: HeldJob, voice: JobVoice): NodeJobContext => {
  const { job } = held;
  const { signal } = held.abort;
  let revision = 0;
  let hasStarted = false;
  const isSilent = (): boolean => held.isOver || signal.aborted;
  return {
    signal,
    partial: ({ settled, tentative, isFinal = false }) => {
      const seat = voice.seat();
      if (isSilent() || seat === null) return;
      const isRevised = seat.features.has('partials');
      if (!isRevised && job.enable_streaming_asr !== true) return;
      revision += 1;
      voice.send({
        type: 'asr_partial',
        job_id: job.job_id,
        node_id: seat.nodeId,
        session_id: job.session_id,
        utterance_index: job.utterance_index,
        text: settled + tentative,
        is_final: isFinal,
        trace_id: job.trace_id,
        ...(isRevised && { attempt_id: job.attempt_id, revision, settled, tentative }),
      });
    },
    started: () => {
      if (hasStarted || isSilent()) return;
      hasStarted = true;
      voice.sendStarted();
    },
    progress: (stage, percent) => {
      const isNews = held.stage !== stage;
      held.stage = stage;
      held.percent = percent ?? null;
      if (isNews && !isSilent()) voice.tellProgress();
    },
  };
};
