/** Published fakes: a client and a node on the raw wire, audio made to measure, timers turned by hand. */
export {
  base64Of,
  framedOpus,
  type OpusPacketOptions,
  opusPacket,
  opusSilence,
  opusSilentPackets,
  opusSpeech,
  opusSpeechPackets,
  pcmBytes,
  pcmSilence,
  pcmTone,
} from './audio-samples.ts';
export { type ChunkOptions, FakeClient, legacyInit } from './fake-client.ts';
export { GatewayClient } from './gateway-client.ts';
export { HandDriver, ManualClockDriver } from './hand-driver.ts';
export { HandTimers } from './hand-timers.ts';
export {
  answering,
  answeringAfterMs,
  answeringInReverse,
  answeringTwice,
  failing,
  failingThenAnswering,
  inTurn,
  type JobBehaviour,
  neverAnswering,
} from './job-behaviours.ts';
export { MobileClient } from './mobile-client.ts';
export { legacyHeartbeat, legacyRegister } from './node-registration.ts';
export { ScriptedJob } from './scripted-job.ts';
export { ScriptedNode, type ScriptedNodeOptions } from './scripted-node.ts';
export { SimulatedClock } from './sim-clock.ts';
export { SkewedTime } from './skewed-time.ts';
export { WebClient, type WebClientOptions, type WebVintage } from './web-client.ts';
export {
  type WireClose,
  type WireConnectOptions,
  type WireFrame,
  type WireMessage,
  WirePeer,
} from './wire-peer.ts';
