/** The node SDK: offers speech services to a scheduler, over whatever connection there is. */
export { createSpeechNode } from './create-speech-node.ts';
export {
  type NodeJob,
  type NodeJobContext,
  NodeJobError,
  type NodeJobHandler,
  type NodeJobOutput,
  type PartialText,
} from './node-job.ts';
export { NodeRefusedError } from './node-refusal.ts';
export type { JobEnded, NodeLog, NodeStatusEvent, NodeStopReason } from './node-status.ts';
export type { SpeechNode, SpeechNodeCounts } from './speech-node.ts';
export {
  type NodeRegistration,
  type NodeState,
  SDK_NODE_FEATURES,
  type SdkNodeFeature,
  type SpeechNodeOptions,
} from './speech-node-options.ts';
export type { Timers } from './timers.ts';
