/**
 * What can be found broken: the invariants of docs/spec/invariants.md, the goal R2 (no sentence lost to the order), NOD40 (a drained node rests), and what the simulator's own rules promise of
 * every world (docs/spec/sim.md): SIM9 manners on the wire, SIM10 a world without faults, SIM13 nothing throws.
 */
export type RuleId =
  | 'I1'
  | 'I2'
  | 'I3'
  | 'I4'
  | 'I5'
  | 'I6'
  | 'I7'
  | 'I8'
  | 'R2'
  | 'NOD40'
  | 'SIM9'
  | 'SIM10'
  | 'SIM13';

/** A rule that was broken: stops the seed. The text names ids and numbers, never content. */
export class Breach extends Error {
  override readonly name = 'Breach';
  readonly rule: RuleId;

  constructor(rule: RuleId, what: string) {
    super(`${rule}: ${what}`);
    this.rule = rule;
  }
}
