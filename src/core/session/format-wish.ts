import type { SessionInit } from '#protocol/session-client-messages.ts';

/** A wished form of audio counts only together with the capability of the same name. */
export const namesPcm = ({ audio_format, capabilities }: SessionInit): boolean =>
  audio_format === 'pcm16' && (capabilities?.includes('pcm16') ?? false);
