import type { Observation } from '../observations.ts';
import type { SimMeter } from '../sim-meter.ts';
import { AudioChecker } from './audio-account.ts';
import { BoundsChecker } from './bounds.ts';
import { BreakageChecker } from './breakage.ts';
import { CalmChecker } from './calm.ts';
import { CapacityChecker } from './capacity.ts';
import type { CheckedWorld, Checker, RuntimeView } from './checker.ts';
import { FirstResultChecker } from './first-result.ts';
import { IdentityChecker } from './identity.ts';
import { IdleNodesChecker } from './idle-nodes.ts';
import { LeftoverChecker } from './leftovers.ts';
import { MannersChecker } from './manners.ts';
import { OrderChecker } from './order.ts';
import { OutcomeChecker } from './outcomes.ts';
import { RestingNodesChecker } from './resting-nodes.ts';
import { ReturnChecker } from './returns.ts';
import { SignsOfLifeChecker } from './signs-of-life.ts';
import { WishesChecker } from './wishes.ts';

/** All that look after one world. They know neither the workload nor each other [SIM5]. */
export class Checkers {
  readonly #all: readonly Checker[];

  constructor(world: CheckedWorld) {
    const { openUtterancesMax } = world.settings.session;
    this.#all = [
      new BreakageChecker(),
      new OutcomeChecker(openUtterancesMax),
      new OrderChecker(world),
      new IdleNodesChecker(world),
      new SignsOfLifeChecker(world),
      new CapacityChecker(world),
      new FirstResultChecker(),
      new AudioChecker(),
      new LeftoverChecker(),
      new BoundsChecker(world),
      new IdentityChecker(),
      new MannersChecker(),
      new RestingNodesChecker(),
      new WishesChecker(),
      new ReturnChecker(),
      ...(world.isCalm ? [new CalmChecker()] : []),
    ];
  }

  observe(observation: Observation): void {
    for (const checker of this.#all) checker.observe(observation);
  }

  settled(views: readonly RuntimeView[]): void {
    for (const view of views) for (const checker of this.#all) checker.settled?.(view);
  }

  ended(meter: SimMeter, view: RuntimeView): void {
    for (const checker of this.#all) checker.ended?.(meter, view);
  }
}
