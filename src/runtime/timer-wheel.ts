const TICK_MS = 10;
/** A power of two. One turn of the wheel is 41 s, longer than nearly every timer here. */
const SLOT_COUNT = 4096;
const SLOT_MASK = SLOT_COUNT - 1;
const WORD_COUNT = SLOT_COUNT / 32;

/** `place` of a timer that is not set, and of one that is about to ring. */
const UNSET = -1;
const DUE = -2;

/** What a timer does when its time has come. */
export interface TimerOwner {
  ring(): void;
}

/** One timer of a wheel, set and reset as often as one likes. Only the wheel writes its fields. */
export class WheelTimer {
  readonly owner: TimerOwner;
  /** A double from the start, so that writing one never allocates. */
  deadlineAtMs = Number.POSITIVE_INFINITY;
  /** The tick at which its slot is looked at, at or before the deadline's. */
  slotTick = UNSET;
  place = UNSET;
  /** Breaks ties: of two timers with one deadline the one set earlier rings first. */
  setNumber = 0;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }
}

const tickOf = (atMs: number): number => Math.floor(atMs / TICK_MS);

const byDeadline = (a: WheelTimer, b: WheelTimer): number =>
  a.deadlineAtMs - b.deadlineAtMs || a.setNumber - b.setNumber;

/**
 * A hashed wheel, lazy: setting a timer to a later time only writes the deadline, and the timer moves when the slot it
 * stands in comes. So a reset costs tens of nanoseconds and no garbage, and chunks of audio reset timers all the time.
 *
 * units: instants of the monotonic clock in ms, fractions allowed. A timer never rings early [RUN7]; how late it rings
 * is up to whoever calls `advance`, for which `wakeAtMs` says when.
 */
export class TimerWheel {
  readonly #slots: (WheelTimer[] | undefined)[] = new Array(SLOT_COUNT);
  /** One bit per slot that holds timers. */
  readonly #occupied = new Uint32Array(WORD_COUNT);
  #nowAtMs: number;
  #tick: number;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #lastSetNumber = 0;
  #size = 0;

  constructor(nowAtMs: number) {
    this.#nowAtMs = nowAtMs;
    this.#tick = tickOf(nowAtMs);
  }

  /** Timers that are set. */
  get size(): number {
    return this.#size;
  }

  /**
   * When to call `advance` next: never later than the earliest deadline, at times earlier; Infinity with no timer set
   * [RUN8].
   */
  get wakeAtMs(): number {
    return this.#wakeAtMs;
  }

  /** Sets the timer, or sets it anew. A time that has passed rings at the next `advance`. */
  set(timer: WheelTimer, deadlineAtMs: number): void {
    if (!Number.isFinite(deadlineAtMs)) throw new RangeError('a timer needs a finite time');
    this.#lastSetNumber += 1;
    timer.setNumber = this.#lastSetNumber;
    const isLater = timer.place >= 0 && timer.slotTick > this.#tick && deadlineAtMs >= timer.deadlineAtMs;
    timer.deadlineAtMs = deadlineAtMs;
    // The slot that it stands in comes first, and it moves when that is looked at.
    if (isLater) return;
    const tick = Math.max(tickOf(deadlineAtMs), this.#tick);
    if (timer.place < 0) {
      if (timer.place === UNSET) this.#size += 1;
      this.#put(timer, tick);
    } else if (tick < timer.slotTick || timer.slotTick === this.#tick) {
      // The present slot may have been looked at already, by the very advance that rings now.
      this.#pull(timer);
      this.#put(timer, tick);
    }
    if (deadlineAtMs < this.#wakeAtMs) this.#wakeAtMs = deadlineAtMs;
  }

  clear(timer: WheelTimer): void {
    if (timer.place === UNSET) return;
    if (timer.place >= 0) this.#pull(timer);
    timer.place = UNSET;
    this.#size -= 1;
    if (this.#size === 0) this.#wakeAtMs = Number.POSITIVE_INFINITY;
  }

  /**
   * Rings every timer whose time has come, in order of deadline. A timer that is cleared or set anew by an earlier ring
   * of the same call does not ring, one that is newly set waits for the next call. A time before the last one counts
   * as the last one [RUN9].
   */
  advance(nowAtMs: number): void {
    if (nowAtMs > this.#nowAtMs) this.#nowAtMs = nowAtMs;
    if (this.#nowAtMs < this.#wakeAtMs) return;
    const due = this.#collectDue();
    due.sort(byDeadline);
    for (const timer of due) {
      if (timer.place !== DUE) continue;
      timer.place = UNSET;
      this.#size -= 1;
      timer.owner.ring();
    }
    this.#wakeAtMs = this.#nextWake();
  }

  /** Looks at every slot whose time has come, each once even after a long sleep. */
  #collectDue(): WheelTimer[] {
    const due: WheelTimer[] = [];
    const endTick = tickOf(this.#nowAtMs);
    const lastTick = Math.min(endTick, this.#tick + SLOT_COUNT - 1);
    const firstTick = this.#tick;
    this.#tick = endTick;
    for (let tick = firstTick; tick <= lastTick; tick += 1) {
      if (this.#isOccupied(tick)) this.#visit(this.#slotAt(tick), due);
    }
    return due;
  }

  #visit(slot: readonly WheelTimer[], due: WheelTimer[]): void {
    for (let place = 0; place < slot.length; ) {
      const timer = slot[place];
      if (timer === undefined) return;
      const tick = tickOf(timer.deadlineAtMs);
      if (timer.deadlineAtMs <= this.#nowAtMs) {
        this.#pull(timer);
        timer.place = DUE;
        due.push(timer);
      } else if (timer.slotTick !== tick) {
        // It was set to a later time since it was put here.
        this.#pull(timer);
        this.#put(timer, tick);
      } else {
        // Later within this tick, or at a later turn of the wheel.
        place += 1;
      }
    }
  }

  #nextWake(): number {
    if (this.#size === 0) return Number.POSITIVE_INFINITY;
    // As far as SLOT_COUNT: the present slot may hold nothing but timers of the next turn of the wheel.
    for (let tick = this.#tick; tick <= this.#tick + SLOT_COUNT; tick += 1) {
      if ((tick & 31) === 0 && this.#occupied[(tick & SLOT_MASK) >>> 5] === 0) {
        tick += 31;
        continue;
      }
      if (!this.#isOccupied(tick)) continue;
      const earliestAtMs = this.#earliestWithin(tick);
      if (earliestAtMs !== null) return earliestAtMs;
      if (tick > this.#tick) return tick * TICK_MS;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The earliest deadline in a slot that belongs to this tick and not to a later one. */
  #earliestWithin(tick: number): number | null {
    let earliestAtMs: number | null = null;
    for (const { deadlineAtMs } of this.#slotAt(tick)) {
      if (tickOf(deadlineAtMs) <= tick && (earliestAtMs === null || deadlineAtMs < earliestAtMs)) {
        earliestAtMs = deadlineAtMs;
      }
    }
    return earliestAtMs;
  }

  #put(timer: WheelTimer, tick: number): void {
    const slot = this.#slotAt(tick);
    timer.slotTick = tick;
    timer.place = slot.length;
    slot.push(timer);
    const index = tick & SLOT_MASK;
    this.#occupied[index >>> 5] = (this.#occupied[index >>> 5] ?? 0) | (1 << (index & 31));
  }

  /** Takes it out of its slot; the last one there takes its place. */
  #pull(timer: WheelTimer): void {
    const slot = this.#slotAt(timer.slotTick);
    const last = slot.pop();
    if (last !== undefined && last !== timer) {
      slot[timer.place] = last;
      last.place = timer.place;
    }
    timer.place = UNSET;
    if (slot.length > 0) return;
    const index = timer.slotTick & SLOT_MASK;
    this.#occupied[index >>> 5] = (this.#occupied[index >>> 5] ?? 0) & ~(1 << (index & 31));
  }

  #slotAt(tick: number): WheelTimer[] {
    const index = tick & SLOT_MASK;
    let slot = this.#slots[index];
    if (slot === undefined) {
      slot = [];
      this.#slots[index] = slot;
    }
    return slot;
  }

  #isOccupied(tick: number): boolean {
    const index = tick & SLOT_MASK;
    return (((this.#occupied[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }
}
