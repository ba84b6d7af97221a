/** The part of the eSpeak NG package that is used here; the package brings no types. */
declare module '@echogarden/espeak-ng-emscripten' {
  interface ESpeakNGWorker {
    /** 0 = found. */
    set_voice(name: string): number;
    get_samplerate(): number;
    /** Gives 16-bit mono samples piece by piece; the callback returns true to stop. */
    synthesize(text: string, onPiece: (samples: ArrayLike<number> | null) => boolean): void;
  }

  const load: () => Promise<{ readonly eSpeakNGWorker: new () => ESpeakNGWorker }>;

  export = load;
}
