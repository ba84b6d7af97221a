/** 96 ms at 16 kHz; a multiple of 6, so that its base64 has no padding and the server may pass it through. */
const PCM_CHUNK_BYTES = 3072;
const PCM_BYTES_PER_MS = 32;

export const pcmDurationMs = (bytes: Uint8Array): number => bytes.length / PCM_BYTES_PER_MS;

/** Collects samples of any number into chunks of one size [SDK2]. Little-endian on every machine. */
export class PcmChunker {
  #chunk = new Uint8Array(PCM_CHUNK_BYTES);
  #filled = 0;

  /** The chunks that became full, each `PCM_CHUNK_BYTES` long, owned by the caller. */
  push(samples: Int16Array): Uint8Array[] {
    const full: Uint8Array[] = [];
    for (const sample of samples) {
      this.#chunk[this.#filled] = sample & 255;
      this.#chunk[this.#filled + 1] = (sample >> 8) & 255;
      this.#filled += 2;
      if (this.#filled === PCM_CHUNK_BYTES) {
        full.push(this.#chunk);
        this.#chunk = new Uint8Array(PCM_CHUNK_BYTES);
        this.#filled = 0;
      }
    }
    return full;
  }

  /** What is left, possibly nothing; the chunker is empty afterwards. */
  takeRest(): Uint8Array {
    const rest = this.#chunk.slice(0, this.#filled);
    this.#filled = 0;
    return rest;
  }
}
