/**
 * A record while it is being made: optional fields are added where there is something to add. The same by spreading what
 * may be nothing (`...(x === undefined ? {} : { x })`) goes through the engine's slow path with each spread; where a record
 * is made for every sentence, that is most of its cost.
 */
export type Writable<Made> = { -readonly [Key in keyof Made]: Made[Key] };
