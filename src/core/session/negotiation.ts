import type { AudioEncoding } from '#protocol/audio.ts';
import { knownSessionCapabilities, type SessionCapability } from '#protocol/capabilities.ts';
import type { SessionInit } from '#protocol/session-client-messages.ts';
import { namesPcm } from './format-wish.ts';

/** What the server can do at present; the rest of the known names is not granted to anybody. */
const GRANTABLE: readonly SessionCapability[] = ['partials', 'notices', 'errors', 'pcm16', 'opus'];
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

export const agreeOn = (init: SessionInit): SessionTerms => {
  const granted = knownSessionCapabilities(init.capabilities).filter((name) => GRANTABLE.includes(name));
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
