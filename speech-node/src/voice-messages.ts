/** What goes between the node and a process that speaks. */

export interface VoiceRequest {
  readonly id: number;
  readonly text: string;
  /** In the engine's own words. */
  readonly voice: string;
}

/** shape: `pcm16` = raw 16-bit little-endian mono. `error` holds nothing of the text. */
export type VoiceReply =
  | { readonly id: number; readonly pcm16: Uint8Array; readonly sampleRateHz: number }
  | { readonly id: number; readonly error: string };

/** What a process that speaks does with its requests, one after another; it ends with its parent. */
export const answerRequests = (
  speak: (request: VoiceRequest) => Promise<{ readonly pcm16: Uint8Array; readonly sampleRateHz: number }>,
): void => {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (request: VoiceRequest) => {
    speak(request).then(
      (speech) => reply({ id: request.id, ...speech }),
      (error: unknown) => reply({ id: request.id, error: error instanceof Error ? error.name : 'unknown' }),
    );
  });
};

const reply = (message: VoiceReply): void => {
  process.send?.(message);
};
