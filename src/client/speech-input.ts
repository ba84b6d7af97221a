import type { AudioEncoding } from '#protocol/audio.ts';
import { createEndpointer, type Endpointer } from './endpointer.ts';
import { frameOpusPackets } from './opus-framing.ts';
import { PcmChunker, pcmDurationMs } from './pcm-chunker.ts';
import { type EndpointingOptions, localPauseMs } from './session-options.ts';

/** Speech on its way into chunks: raw samples or packets in, chunks and finals out. */
export class SpeechInput {
  readonly #audioFormat: AudioEncoding;
  readonly #pushAudio: (bytes: Uint8Array, durationMs: number, isFinal: boolean) => void;
  readonly #chunker = new PcmChunker();
  #endpointer: Endpointer | null;

  constructor(
    audioFormat: AudioEncoding,
    endpointing: EndpointingOptions | false | undefined,
    pushAudio: (bytes: Uint8Array, durationMs: number, isFinal: boolean) => void,
  ) {
    this.#audioFormat = audioFormat;
    this.#pushAudio = pushAudio;
    this.#endpointer = endpointerFor(audioFormat, endpointing);
  }

  /** A pause within the samples ends the utterance exactly there [SDK71]. */
  pushPcm(samples: Int16Array): void {
    let from = 0;
    for (const end of this.#endpointer?.push(samples) ?? []) {
      this.#chunk(samples.subarray(from, end));
      this.#final();
      from = end;
    }
    this.#chunk(samples.subarray(from));
  }

  pushOpus(packets: readonly Uint8Array[]): void {
    for (const { bytes, durationMs } of frameOpusPackets(packets)) this.#pushAudio(bytes, durationMs, false);
  }

  endUtterance(): void {
    this.#endpointer?.endUtterance();
    this.#final();
  }

  /** What is left goes without ending anything. */
  flush(): void {
    const rest = this.#chunker.takeRest();
    if (rest.length > 0) this.#pushAudio(rest, pcmDurationMs(rest), false);
  }

  /** Other rules for pauses; what was measured so far is forgotten. */
  listenFor(endpointing: EndpointingOptions): void {
    this.#endpointer = endpointerFor(this.#audioFormat, endpointing);
  }

  #chunk(samples: Int16Array): void {
    for (const chunk of this.#chunker.push(samples)) this.#pushAudio(chunk, pcmDurationMs(chunk), false);
  }

  #final(): void {
    const rest = this.#chunker.takeRest();
    this.#pushAudio(rest, pcmDurationMs(rest), true);
  }
}

const endpointerFor = (
  audioFormat: AudioEncoding,
  endpointing: EndpointingOptions | false | undefined,
): Endpointer | null => {
  const pauseMs = localPauseMs(audioFormat, endpointing);
  return pauseMs === null ? null : createEndpointer(pauseMs);
};
