import { type DispatchSettings, defaultDispatchSettings, defaultSessionSettings } from '#core/settings.ts';
import { defaultGatewaySettings, type GatewaySettings } from '#gateway/settings.ts';
import type { InstanceId } from '#protocol/ids.ts';
import type { RuntimeSettings } from '#runtime/contract.ts';
import type { Random } from './random.ts';

/** How often a world's bounds are so narrow that they are reached. */
const TIGHT_PROBABILITY = 0.2;
/** How often an event has to wait for its turn, as behind other work of the process. */
const UNHURRIED_PROBABILITY = 0.3;

export interface InstanceTraits {
  readonly settings: RuntimeSettings;
  readonly gateway: GatewaySettings;
  /** Events are handled up to so long after they came; 0 = at once. */
  readonly turnDelayMsMax: number;
  /** Bounds are small: jobs and audio may be refused without any fault. */
  readonly isTight: boolean;
}

/** The defaults, but that the records of gone nodes end within a world. */
const dispatch: DispatchSettings = { ...defaultDispatchSettings, goneNodeMs: 30_000 };

const tighten = (random: Random, settings: RuntimeSettings): RuntimeSettings => ({
  ...settings,
  session: {
    ...settings.session,
    openUtterancesMax: random.between(2, 6),
    outboxBytesMax: random.between(500, 5000),
  },
  dispatch: { ...settings.dispatch, waitingJobsMax: random.between(1, 4), healthCheckCount: 2 },
  mailboxMax: random.between(8, 20),
  sessionAudioBytesMax: random.between(60, 400) * 1024,
  turnBudget: random.between(1, 4),
});

/** Sockets that are read slowly, and given up soon when their peers do not read. */
const tightenGateway = (random: Random, settings: GatewaySettings): GatewaySettings => ({
  ...settings,
  session: { ...settings.session, messagesPerS: random.between(6, 15) },
  rateBurstS: 2,
  outboundBytesMax: random.between(8, 200) * 1024,
  outboundBehindMs: random.between(2000, 10_000),
});

/** Drawn once for each seed. `isRoomy`: nothing may be refused, so the bounds are wide. */
export const drawInstanceTraits = (random: Random, name: string, isRoomy: boolean): InstanceTraits => {
  const isTight = !isRoomy && random.happens(TIGHT_PROBABILITY);
  const usual: RuntimeSettings = {
    instanceId: `inst-${name}` as InstanceId,
    session: { ...defaultSessionSettings, resumeWindowMs: random.between(8000, 40_000) },
    dispatch,
    mailboxMax: 200,
    audioBytesMax: 1 << 28,
    sessionAudioBytesMax: 1 << 24,
    pauseMs: 1000,
    dispatcherMailboxMax: 2000,
    sessionsMax: 1000,
    storeDeadlineMs: 1000,
    turnBudget: 64,
  };
  const settings = isTight ? tighten(random, usual) : usual;
  const gateway = isTight ? tightenGateway(random, defaultGatewaySettings) : defaultGatewaySettings;
  const outboxBytesMax = Math.min(settings.session.outboxBytesMax, gateway.outboundBytesMax / 2);
  const portionBytesMax = Math.min(settings.session.portionBytesMax, gateway.outboundBytesMax / 4);
  return {
    settings: { ...settings, session: { ...settings.session, outboxBytesMax, portionBytesMax } },
    gateway,
    turnDelayMsMax: random.happens(UNHURRIED_PROBABILITY) ? random.real(0.1, 5) : 0,
    isTight,
  };
};
