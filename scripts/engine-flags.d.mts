/** With what the engine runs a scheduler. */
export const ENGINE_FLAGS: readonly string[];
