/** The part of WebAssembly that is used here; it belongs to the browser's library, which is not loaded. */
interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: object): Promise<object>;
};
