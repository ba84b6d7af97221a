/** The part that is used of a library without types. */
declare module 'bufferutil' {
  /** Takes a WebSocket mask off, in place. */
  export const unmask: (buffer: Uint8Array, mask: Uint8Array) => void;
}
