import type { Now } from '#core/clock.ts';
import { type DispatcherState, newDispatcher, stepDispatcher } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { DispatcherDeps } from '#core/jobs/dispatcher-state.ts';
import { bufferedAudioBytes, resultSpeechBytes } from '#core/session/buffered-audio.ts';
import { newSession, type SessionState, stepSession } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent, SessionOpen } from '#core/session/session-contract.ts';
import type { DispatchSettings, SessionSettings } from '#core/settings.ts';
import type { InstanceId } from '#protocol/ids.ts';

/** The core as the runtime sees it. The simulator gives one that listens in, or breaks a rule on purpose. */
export interface Domain {
  newSession(open: SessionOpen, settings: SessionSettings, now: Now, owner: InstanceId): SessionState;
  stepSession(state: SessionState, event: SessionEvent, now: Now): readonly SessionEffect[];
  /** Bytes of audio that the session holds itself. */
  bufferedAudioBytes(state: SessionState): number;
  /** Bytes of speech in results that it holds. */
  resultSpeechBytes(state: SessionState): number;
  newDispatcher(settings: DispatchSettings, deps: DispatcherDeps): DispatcherState;
  stepDispatcher(state: DispatcherState, event: DispatcherEvent, now: Now): readonly DispatcherEffect[];
}

export const coreDomain: Domain = {
  newSession,
  stepSession,
  bufferedAudioBytes,
  resultSpeechBytes,
  newDispatcher,
  stepDispatcher,
};
