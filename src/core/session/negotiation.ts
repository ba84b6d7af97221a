import type { AudioEncoding } from '#protocol/audio.ts';
import { knownSessionCapabilities, type SessionCapability } from '#protocol/capabilities.ts';
import type { SessionInit } from '#protocol/session-client-messages.ts';
import type { SessionSettings } from '../settings.ts';
import { namesPcm } from './format-wish.ts';

/** What the server can do at present; the rest of the known names is not granted to anybody. */
const GRANTABLE: readonly SessionCapability[] = [
  'resume',
  'ack',
  'binary',
  'partials',
  'notices',
  'errors',
  'pcm16',
  'opus',
];
const SAMPLE_RATE_HZ = 16_000;
const CHANNEL_COUNT = 1;

/** What client and server agreed on, once per session [SES2, SES3]. */
export interface SessionTerms {
  /** Asked for nothing: gets the reference's words and fields only. */
  readonly isLegacy: boolean;
  readonly granted: readonly SessionCapability[];
  /** The form of the audio in chunks. */
  readonly encoding: AudioEncoding;
  readonly sampleRateHz: number;
  readonly channelCount: number;
}

export const agreeOn = (init: SessionInit, settings: SessionSettings): SessionTerms => {
  const granted = knownSessionCapabilities(init.capabilities).filter(
    (name) => GRANTABLE.includes(name) && (name !== 'resume' || settings.resumeWindowMs > 0),
  );
  const isPcm = namesPcm(init);
  return {
    isLegacy: (init.capabilities ?? []).length === 0,
    granted,
    encoding: isPcm ? 'pcm16' : 'opus',
    sampleRateHz: SAMPLE_RATE_HZ,
    channelCount: CHANNEL_COUNT,
  };
};

/** Outcomes carry `delivery_seq` and what goes with it. Source: extensions 2. */
export const hasDeliveryFields = ({ granted }: SessionTerms): boolean =>
  granted.some((name) => name === 'resume' || name === 'ack' || name === 'rooms');

/** The session lives on for a while when its socket is lost [SES40]. */
export const canComeBack = ({ granted }: SessionTerms): boolean => granted.includes('resume');

/**
 * The client sends again what it has not been told to have arrived: a number that came is a repeat, however long ago,
 * and a final stands behind all that it ends [SES45].
 */
export const isReplaying = ({ granted }: SessionTerms): boolean =>
  granted.some((name) => name === 'resume' || name === 'ack');
