import { Type } from 'typebox';
import {
  Flag,
  Id,
  InstantMs,
  Json,
  JsonNotNull,
  Label,
  Lang,
  listOf,
  type MessageOf,
  Opt,
  Text,
} from './field-kinds.ts';
import { MEMBERS_COUNT_MAX } from './limits.ts';
import { ParticipantSchema } from './shapes.ts';

/** Makes a room and joins it: `room_create_ack`, then `room_members`. */
export const RoomCreateSchema = Type.Object({
  type: Type.Literal('room_create'),
  client_ts: InstantMs,
  display_name: Opt(Label),
  preferred_lang: Opt(Lang),
});
export type RoomCreate = MessageOf<typeof RoomCreateSchema>;

export const RoomJoinSchema = Type.Object({
  type: Type.Literal('room_join'),
  room_code: Id,
  display_name: Opt(Label),
  preferred_lang: Opt(Lang),
});
export type RoomJoin = MessageOf<typeof RoomJoinSchema>;

export const RoomLeaveSchema = Type.Object({ type: Type.Literal('room_leave'), room_code: Id });
export type RoomLeave = MessageOf<typeof RoomLeaveSchema>;

/** "I do (not) want the raw voice of target." */
export const RoomRawVoicePreferenceSchema = Type.Object({
  type: Type.Literal('room_raw_voice_preference'),
  room_code: Id,
  target_session_id: Id,
  receive_raw_voice: Flag,
});
export type RoomRawVoicePreference = MessageOf<typeof RoomRawVoicePreferenceSchema>;

/** WebRTC signalling travels both ways; on the way out `to` names the sender. */
export const WebrtcOfferSchema = Type.Object({
  type: Type.Literal('webrtc_offer'),
  room_code: Id,
  to: Id,
  sdp: JsonNotNull,
});
export type WebrtcOffer = MessageOf<typeof WebrtcOfferSchema>;

export const WebrtcAnswerSchema = Type.Object({
  type: Type.Literal('webrtc_answer'),
  room_code: Id,
  to: Id,
  sdp: JsonNotNull,
});
export type WebrtcAnswer = MessageOf<typeof WebrtcAnswerSchema>;

/** `candidate` null marks the end of the candidates and is passed on as null. */
export const WebrtcIceSchema = Type.Object({
  type: Type.Literal('webrtc_ice'),
  room_code: Id,
  to: Id,
  candidate: Json,
});
export type WebrtcIce = MessageOf<typeof WebrtcIceSchema>;

/** To the creator and, so that the page learns its code, to joiners. */
export const RoomCreateAckSchema = Type.Object({
  type: Type.Literal('room_create_ack'),
  room_code: Id,
  room_id: Opt(Id),
});
export type RoomCreateAck = MessageOf<typeof RoomCreateAckSchema>;

/** After every change of members or preferences; order is arbitrary. */
export const RoomMembersSchema = Type.Object({
  type: Type.Literal('room_members'),
  room_code: Id,
  members: listOf(ParticipantSchema, MEMBERS_COUNT_MAX),
});
export type RoomMembers = MessageOf<typeof RoomMembersSchema>;

export const RoomErrorSchema = Type.Object({
  type: Type.Literal('room_error'),
  code: Label,
  message: Opt(Text),
});
export type RoomError = MessageOf<typeof RoomErrorSchema>;

/** Nobody spoke for the room's life time; it is gone. */
export const RoomExpiredSchema = Type.Object({
  type: Type.Literal('room_expired'),
  room_code: Id,
  message: Text,
});
export type RoomExpired = MessageOf<typeof RoomExpiredSchema>;
