import type { Static, TSchema } from 'typebox';
import * as agent from './node-agent-messages.ts';
import * as nodeServer from './node-server-messages.ts';
import * as room from './room-messages.ts';
import * as client from './session-client-messages.ts';
import * as server from './session-server-messages.ts';

/** Everything a client may send on the session socket, by `type`. */
export const sessionClientSchemas = {
  session_init: client.SessionInitSchema,
  audio_chunk: client.AudioChunkSchema,
  utterance: client.UtteranceSchema,
  client_heartbeat: client.ClientHeartbeatSchema,
  tts_started: client.TtsStartedSchema,
  tts_play_ended: client.TtsPlayEndedSchema,
  session_close: client.SessionCloseSchema,
  session_resume: client.SessionResumeSchema,
  delivery_ack: client.DeliveryAckSchema,
  session_configure: client.SessionConfigureSchema,
  room_create: room.RoomCreateSchema,
  room_join: room.RoomJoinSchema,
  room_leave: room.RoomLeaveSchema,
  room_raw_voice_preference: room.RoomRawVoicePreferenceSchema,
  webrtc_offer: room.WebrtcOfferSchema,
  webrtc_answer: room.WebrtcAnswerSchema,
  webrtc_ice: room.WebrtcIceSchema,
} as const;

/** Everything we may send on the session socket, by `type`. */
export const sessionServerSchemas = {
  session_init_ack: server.SessionInitAckSchema,
  translation_result: server.TranslationResultSchema,
  missing_result: server.MissingResultSchema,
  asr_partial: server.AsrPartialSchema,
  ui_event: server.UiEventSchema,
  error: server.ErrorSchema,
  server_heartbeat: server.ServerHeartbeatSchema,
  session_close_ack: server.SessionCloseAckSchema,
  backpressure: server.BackpressureSchema,
  tts_audio: server.TtsAudioSchema,
  translation: server.TranslationSchema,
  language_detected: server.LanguageDetectedSchema,
  session_resume_ack: server.SessionResumeAckSchema,
  audio_ack: server.AudioAckSchema,
  notice: server.NoticeSchema,
  session_configured: server.SessionConfiguredSchema,
  room_create_ack: room.RoomCreateAckSchema,
  room_members: room.RoomMembersSchema,
  room_error: room.RoomErrorSchema,
  room_expired: room.RoomExpiredSchema,
  webrtc_offer: room.WebrtcOfferSchema,
  webrtc_answer: room.WebrtcAnswerSchema,
  webrtc_ice: room.WebrtcIceSchema,
} as const;

/** Everything a node may send, by `type`. */
export const nodeAgentSchemas = {
  node_register: agent.NodeRegisterSchema,
  node_heartbeat: agent.NodeHeartbeatSchema,
  job_ack: agent.JobAckSchema,
  job_started: agent.JobStartedSchema,
  asr_partial: agent.NodeAsrPartialSchema,
  job_result: agent.JobResultSchema,
  node_error: agent.NodeErrorSchema,
  request_pairing_code: agent.RequestPairingCodeSchema,
  job_reject: agent.JobRejectSchema,
  job_progress: agent.JobProgressSchema,
  job_cancelled: agent.JobCancelledSchema,
  node_drain: agent.NodeDrainSchema,
} as const;

/** Everything we may send to a node, by `type`. */
export const nodeServerSchemas = {
  node_register_ack: nodeServer.NodeRegisterAckSchema,
  error: server.ErrorSchema,
  node_status: nodeServer.NodeStatusSchema,
  job_assign: nodeServer.JobAssignSchema,
  job_cancel: nodeServer.JobCancelSchema,
  node_control: nodeServer.NodeControlSchema,
  pairing_code: nodeServer.PairingCodeSchema,
  audio_append: nodeServer.AudioAppendSchema,
  audio_end: nodeServer.AudioEndSchema,
} as const;

export type SessionClientMessage =
  | client.SessionInit
  | client.AudioChunk
  | client.Utterance
  | client.ClientHeartbeat
  | client.TtsStarted
  | client.TtsPlayEnded
  | client.SessionClose
  | client.SessionResume
  | client.DeliveryAck
  | client.SessionConfigure
  | room.RoomCreate
  | room.RoomJoin
  | room.RoomLeave
  | room.RoomRawVoicePreference
  | room.WebrtcOffer
  | room.WebrtcAnswer
  | room.WebrtcIce;

export type SessionServerMessage =
  | server.SessionInitAck
  | server.TranslationResult
  | server.MissingResult
  | server.AsrPartial
  | server.UiEvent
  | server.ErrorMessage
  | server.ServerHeartbeat
  | server.SessionCloseAck
  | server.Backpressure
  | server.TtsAudio
  | server.Translation
  | server.LanguageDetected
  | server.SessionResumeAck
  | server.AudioAck
  | server.Notice
  | server.SessionConfigured
  | room.RoomCreateAck
  | room.RoomMembers
  | room.RoomError
  | room.RoomExpired
  | room.WebrtcOffer
  | room.WebrtcAnswer
  | room.WebrtcIce;

export type NodeAgentMessage =
  | agent.NodeRegister
  | agent.NodeHeartbeat
  | agent.JobAck
  | agent.JobStarted
  | agent.NodeAsrPartial
  | agent.JobResult
  | agent.NodeError
  | agent.RequestPairingCode
  | agent.JobReject
  | agent.JobProgress
  | agent.JobCancelled
  | agent.NodeDrain;

export type NodeServerMessage =
  | nodeServer.NodeRegisterAck
  | server.ErrorMessage
  | nodeServer.NodeStatus
  | nodeServer.JobAssign
  | nodeServer.JobCancel
  | nodeServer.NodeControl
  | nodeServer.PairingCode
  | nodeServer.AudioAppend
  | nodeServer.AudioEnd;

type WireOf<Table extends Readonly<Record<string, TSchema>>> = {
  [Type in keyof Table]: Static<Table[Type]>;
}[keyof Table];
/** The same unions as plain JSON, base64 strings included: for ends that have no codec (the browser SDK). */
export type SessionClientWire = WireOf<typeof sessionClientSchemas>;
export type SessionServerWire = WireOf<typeof sessionServerSchemas>;
export type NodeAgentWire = WireOf<typeof nodeAgentSchemas>;
export type NodeServerWire = WireOf<typeof nodeServerSchemas>;
