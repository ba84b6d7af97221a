import type { FrameText } from '#codec/encode.ts';

/**
 * One socket as the gateway sees it: the library behind `ws-transport.ts`, the simulator and the tests give their own.
 *
 * Nothing here throws or waits. After `onClose` nothing is called back any more, and sending does nothing.
 */
export interface Transport {
  readonly isOpen: boolean;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Frames of this turn are held, to go out together when it ends; the network was not asked yet. */
  readonly isGathering: boolean;
  /**
   * One text frame; what it is given is not changed afterwards. `isUrgent`: somebody waits for it, so that it leaves at
   * once, with what was gathered before it; the second such of a turn is gathered like all others. `bytes`: its length,
   * of whoever knows it already.
   */
  sendText(text: FrameText, isUrgent?: boolean, bytes?: number): void;
  sendBinary(data: Uint8Array): void;
  ping(): void;
  /** Says goodbye: `reason` is at most 123 bytes. The peer may never answer; see `terminate`. */
  close(code: number, reason: string): void;
  /** Ends it at once, without a word. */
  terminate(): void;
  /** Reads nothing more until `resumeReading`: the peer's frames wait in the network. */
  pauseReading(): void;
  resumeReading(): void;
  /** Called once, before the first frame. */
  listen(listener: TransportListener): void;
}

export interface TransportListener {
  onFrame(bytes: Uint8Array, isBinary: boolean): void;
  onPong(): void;
  /** What was gathered has been handed over, and the network did not take all of it at once. */
  onBehind(): void;
  /** The socket is gone, for whatever reason. Called once. */
  onClose(): void;
}
