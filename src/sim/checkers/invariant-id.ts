/** Invariants the simulator checks. Source: docs/spec/invariants.md. */
export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I8';
