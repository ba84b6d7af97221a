/** From English into one language. */
export interface Translator {
  /** A primary language: `zh`. */
  readonly target: string;
  /** As the registration names it. */
  readonly engine: string;
  readonly serviceId: string;
  readonly modelId: string;
  /** A gloss goes word by word and is no translation; whoever shows it says so. */
  readonly kind: 'gloss' | 'translation';
  /** Rejects with the signal's reason or `SpeechFailure` PROCESSING_ERROR. */
  translate(text: string, signal: AbortSignal): Promise<string>;
  close(): void;
}
