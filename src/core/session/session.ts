import { ERRORS } from '#protocol/errors.ts';
import type { InstanceId } from '#protocol/ids.ts';
import type { Now } from '../clock.ts';
import { count } from '../effects.ts';
import type { SessionSettings } from '../settings.ts';
import { acknowledgeAudio } from './audio-ack.ts';
import {
  countReceived,
  refuseAudio,
  segmentFired,
  takeChunk,
  takeShedUtterance,
  takeUtterance,
} from './audio-intake.ts';
import { giveUpAway, socketLost } from './away.ts';
import { takeOpenRefused } from './captions.ts';
import { configureSession } from './configuring.ts';
import { takeDeliveryAck } from './delivery-ack.ts';
import { closeSession, closeWaitIsOver, drainIsOver, drainSession, finishIfDone } from './ending.ts';
import { thaw } from './freezing.ts';
import {
  takeJobAccepted,
  takeJobDispatched,
  takeJobNodeLost,
  takeJobPartial,
  takeJobWaiting,
} from './job-progress.ts';
import { openSession } from './opening.ts';
import { passResultsOn, takeJobEnded } from './outcomes.ts';
import { playbackRanOut, takePlaybackEnded, takePlaybackStarted } from './playback.ts';
import { portionTaken } from './portions.ts';
import { takeReading } from './reading.ts';
import { resumeSession } from './resume.ts';
import type { SessionEffect, SessionEvent, SessionOpen } from './session-contract.ts';
import { putRecord } from './session-record.ts';
import { newSessionState, type SessionTurn, type SessionState as State } from './session-state.ts';
import { firedTimer } from './session-timers.ts';
import { endShed, holdAudio, takeShedAudio } from './shedding.ts';
import { giveUpSpeech } from './speech-bounds.ts';
import { openWaiting } from './utterances.ts';

/** What a session owns; readable by statistics, changed by `stepSession` alone. */
export type SessionState = State;

export const newSession = (
  open: SessionOpen,
  settings: SessionSettings,
  now: Now,
  owner: InstanceId,
): SessionState => newSessionState(open, settings, now, owner);

/** A message of the session's own socket; the gateway has checked whose it is. */
const onMessage = (turn: SessionTurn, event: Extract<SessionEvent, { kind: 'clientMessage' }>): void => {
  const { message, arrivedAtMs = turn.now.atMs, shedMs = 0 } = event;
  const { state, effects, now } = turn;
  state.lastActivityAtMs = now.atMs;
  switch (message.type) {
    case 'audio_chunk':
      if (state.phase !== 'live') {
        refuseAudio(turn);
        return;
      }
      takeShedAudio(turn, shedMs);
      takeChunk(turn, message, arrivedAtMs);
      return;
    case 'utterance':
      if (state.phase !== 'live') refuseAudio(turn);
      else if (shedMs > 0) takeShedUtterance(turn, message, shedMs);
      else takeUtterance(turn, message, arrivedAtMs);
      return;
    case 'client_heartbeat':
      effects.push({
        kind: 'sendClient',
        message: { type: 'server_heartbeat', session_id: state.sessionId, timestamp: now.wallMs },
      });
      return;
    case 'tts_started':
      takePlaybackStarted(turn, message);
      return;
    case 'tts_play_ended':
      takePlaybackEnded(turn, message);
      return;
    case 'session_configure':
      configureSession(turn, message);
      return;
    case 'session_close':
      closeSession(turn);
      return;
    case 'delivery_ack':
      takeDeliveryAck(turn, message);
      return;
    case 'room_create':
    case 'room_join':
    case 'room_leave':
    case 'room_raw_voice_preference': {
      const { code, hintEn } = ERRORS.UNSUPPORTED_FEATURE;
      effects.push({ kind: 'sendClient', message: { type: 'room_error', code, message: hintEn } });
      return;
    }
    case 'webrtc_offer':
    case 'webrtc_answer':
    case 'webrtc_ice':
    case 'session_init':
    case 'session_resume':
      effects.push(count('messages_ignored_total', { type: message.type }));
  }
};

const onTimer = (turn: SessionTurn, key: string): void => {
  switch (firedTimer(turn, key)) {
    case 'segment':
      segmentFired(turn);
      return;
    case 'jump':
      openWaiting(turn);
      return;
    case 'hold':
      passResultsOn(turn);
      return;
    case 'held':
      thaw(turn, 'held');
      return;
    case 'shed':
      endShed(turn);
      return;
    case 'playback':
      playbackRanOut(turn);
      return;
    case 'away':
      giveUpAway(turn);
      return;
    case 'record':
      putRecord(turn);
      return;
    case 'close':
      closeWaitIsOver(turn);
      return;
    case null:
  }
};

const onEvent = (turn: SessionTurn, event: SessionEvent): void => {
  switch (event.kind) {
    case 'opened':
      openSession(turn, event.resumeToken);
      return;
    case 'clientMessage':
      onMessage(turn, event);
      return;
    case 'socketLost':
      socketLost(turn, event.connectionId);
      return;
    case 'resumed':
      resumeSession(turn, event);
      return;
    case 'drainStarted':
      // Nobody can come back to a process that goes down [SES49].
      if (turn.state.away === null) drainSession(turn);
      else giveUpAway(turn);
      return;
    case 'drainEnded':
      drainIsOver(turn);
      return;
    case 'timerFired':
      onTimer(turn, event.key);
      return;
    case 'jobDispatched':
      takeJobDispatched(turn, event.jobId);
      return;
    case 'jobAccepted':
      takeJobAccepted(turn, event.jobId);
      return;
    case 'clientTook':
      if (portionTaken(turn.state, event.question)) passResultsOn(turn);
      return;
    case 'audioShed':
      if (turn.state.phase === 'live') takeShedAudio(turn, event.durationMs);
      return;
    case 'audioHeld':
      if (turn.state.phase === 'live') holdAudio(turn, event.forMs);
      return;
    case 'speechOver':
      giveUpSpeech(turn, event);
      return;
    case 'reading':
      takeReading(turn, event.isRead);
      return;
    case 'jobWaiting':
      takeJobWaiting(turn, event);
      return;
    case 'jobNodeLost':
      takeJobNodeLost(turn, event);
      return;
    case 'jobPartial':
      takeJobPartial(turn, event.jobId, event);
      return;
    case 'openJobRefused':
      takeOpenRefused(turn, event.jobId);
      return;
    case 'jobEnded':
      takeJobEnded(turn, event.jobId, event.outcome);
      return;
    case 'storeSettled':
      // The record is for other instances: this session lives on whatever the store says.
      return;
  }
};

/** One step of a session. Total: every event has an answer in every phase; after the end the answer is nothing. */
export const stepSession = (state: SessionState, event: SessionEvent, now: Now): SessionEffect[] => {
  if (state.phase === 'ended') return [];
  const turn: SessionTurn = { state, now, effects: [] };
  const isMessage = event.kind === 'clientMessage';
  if (!isMessage) countReceived(turn, false);
  onEvent(turn, event);
  if (isMessage) countReceived(turn, state.phase === 'live');
  acknowledgeAudio(turn);
  finishIfDone(turn);
  return turn.effects;
};
