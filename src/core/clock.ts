/**
 * One reading of the clock. `atMs` is monotonic and drives every timeout; `wallMs` is epoch time and is only
 * for stamps that leave the process. The two are never mixed: their names keep them apart.
 */
export interface Now {
  readonly atMs: number;
  readonly wallMs: number;
}

export interface Clock {
  now(): Now;
}
