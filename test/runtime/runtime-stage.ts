import { seededChance } from '#core/chance.ts';
import type { DispatcherState } from '#core/jobs/dispatcher.ts';
import type { DispatcherEffect, DispatcherEvent } from '#core/jobs/dispatcher-contract.ts';
import type { JobRequest } from '#core/jobs/job-request.ts';
import type { ClientLink, NodeLink, Principal, Store } from '#core/ports.ts';
import type { SessionState } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent, SessionOpen } from '#core/session/session-contract.ts';
import { defaultDispatchSettings, defaultSessionSettings } from '#core/settings.ts';
import { asJobId, asSessionId, type ConnectionId, type InstanceId, type JobId } from '#protocol/ids.ts';
import type { NodeServerMessage, SessionClientMessage, SessionServerMessage } from '#protocol/messages.ts';
import type { Runtime, RuntimeSettings } from '#runtime/contract.ts';
import type { Domain } from '#runtime/domain.ts';
import { createRuntime } from '#runtime/runtime.ts';
import { MemoryStore } from '#store/memory/memory-store.ts';
import { HandDriver } from '#testing/hand-driver.ts';
import { SimulatedClock } from '#testing/sim-clock.ts';

export const PRINCIPAL: Principal = {
  kind: 'node',
  tenant: 'default',
  subject: 'anonymous',
  scopes: [],
  isAnonymous: true,
};
export const JOB: JobId = asJobId('job-1');

export const connection = (name: string): ConnectionId => name as ConnectionId;

export const opening = (name: string): SessionOpen => ({
  sessionId: asSessionId(name),
  connectionId: connection(`conn-${name}`),
  init: { type: 'session_init', client_version: '1', platform: 'test', src_lang: 'zh', tgt_lang: 'en' },
  tenant: 'default',
  traceId: 'trace',
});

export const heartbeat: SessionClientMessage = {
  type: 'client_heartbeat',
  session_id: asSessionId('any'),
  timestamp: 1,
};

export const chunk = (isFinal: boolean, durationMs = 100): SessionClientMessage => ({
  type: 'audio_chunk',
  session_id: asSessionId('any'),
  seq: 0,
  is_final: isFinal,
  audio: {
    encoding: 'pcm16',
    bytes: new Uint8Array(2),
    durationMs,
    sampleRateHz: 16_000,
    isSilent: false,
  },
});

export const jobRequest = (sessionName: string, jobId: JobId = JOB): JobRequest => ({
  jobId,
  sessionId: asSessionId(sessionName),
  tenant: 'default',
  utteranceIndex: 0,
  srcLang: 'zh',
  tgtLang: 'en',
  pipeline: { use_asr: true, use_nmt: true, use_tts: true },
  audio: [],
  encoding: 'pcm16',
  sampleRateHz: 16_000,
  audioMs: 1000,
  audioBytes: 32_000,
  cut: 'manual',
  audioStartMs: 0,
  cutFlags: 'manual',
  traceId: 'trace',
  priority: 2,
});

/** What a link was told, in order: `send <type>`, `close <code> <reason code>`, `ended`. */
export class RecordedLink implements ClientLink, NodeLink {
  readonly said: string[] = [];
  readonly messages: (SessionServerMessage | NodeServerMessage)[] = [];
  /** How often it was asked to leave frames in the network. */
  restCount = 0;
  /** What `send` answers. */
  hasRoom = true;

  send(message: SessionServerMessage | NodeServerMessage): boolean {
    this.messages.push(message);
    this.said.push(`send ${message.type}`);
    return this.hasRoom;
  }

  close(code: number, reason: string): void {
    this.said.push(`close ${code} ${(JSON.parse(reason) as { code: string }).code}`);
  }

  readLater(): void {
    this.restCount += 1;
  }

  whenTaken(call: () => void): void {
    call();
  }

  sessionEnded(): void {
    this.said.push('ended');
  }
}

export interface Script {
  onSession?(event: SessionEvent, sessionId: string): readonly SessionEffect[];
  onDispatcher?(event: DispatcherEvent): readonly DispatcherEffect[];
  newSession?(): SessionState;
  resultSpeechBytes?(sessionId: string): number;
}

export interface RuntimeStage {
  readonly runtime: Runtime;
  readonly clock: SimulatedClock;
  readonly driver: HandDriver;
  readonly script: Script;
  /** What reached the steps, in order: `<session> <kind>` and `dispatcher <kind>`. */
  readonly events: string[];
  readonly dispatcherEvents: DispatcherEvent[];
  readonly sessionEvents: SessionEvent[];
  /** `name{labels}` to its sum. */
  readonly counts: Map<string, number>;
  readonly logs: { readonly level: string; readonly event: string; readonly fields: unknown }[];
  readonly openSession: (name: string) => RecordedLink;
  readonly attachNode: (name: string) => RecordedLink;
}

/** As much of a session as the runtime itself looks at. */
const bareSession = ({ sessionId, init, traceId }: SessionOpen): SessionState => {
  const terms = { granted: init.capabilities ?? [] };
  return { sessionId, traceId, terms, outbox: { forgottenSeq: 0 } } as unknown as SessionState;
};

const SETTINGS: RuntimeSettings = {
  instanceId: 'inst-test' as InstanceId,
  session: defaultSessionSettings,
  dispatch: defaultDispatchSettings,
  mailboxMax: 4,
  audioBytesMax: 1 << 28,
  sessionAudioBytesMax: 1 << 24,
  pauseMs: 1000,
  dispatcherMailboxMax: 4,
  sessionsMax: 3,
  storeDeadlineMs: 500,
  turnBudget: 1000,
};

/** A runtime whose core is a script: what the steps answer is the test's business, all around them is real. */
export const runtimeStage = (
  script: Script = {},
  more: {
    readonly store?: Store;
    readonly settings?: Partial<RuntimeSettings>;
    /** In place of the script. */
    readonly domain?: Domain;
  } = {},
): RuntimeStage => {
  const clock = new SimulatedClock();
  const driver = new HandDriver(clock);
  const events: string[] = [];
  const dispatcherEvents: DispatcherEvent[] = [];
  const sessionEvents: SessionEvent[] = [];
  const counts = new Map<string, number>();
  const logs: { level: string; event: string; fields: unknown }[] = [];
  let idCount = 0;
  let generation = 0;
  const scripted: Domain = {
    newSession: (open) => script.newSession?.() ?? bareSession(open),
    stepSession: (state, event) => {
      events.push(`${state.sessionId} ${event.kind}`);
      sessionEvents.push(event);
      return script.onSession?.(event, state.sessionId) ?? [];
    },
    bufferedAudioBytes: () => 0,
    resultSpeechBytes: ({ sessionId }) => script.resultSpeechBytes?.(sessionId) ?? 0,
    newDispatcher: () => {
      generation += 1;
      return { generation } as unknown as DispatcherState;
    },
    stepDispatcher: (_state, event) => {
      events.push(`dispatcher ${event.kind}`);
      dispatcherEvents.push(event);
      return script.onDispatcher?.(event) ?? [];
    },
  };
  const runtime = createRuntime(
    {
      clock,
      driver,
      chance: seededChance(1),
      ids: {
        next: () => `${++idCount}`.padStart(32, '0'),
        uuid: () => `uuid-${++idCount}`,
      },
      store: more.store ?? new MemoryStore({ clock, completeLater: driver.completeLater }),
      meter: {
        count: (name, by, labels) => {
          const key = labels === undefined ? name : `${name}{${Object.values(labels).join()}}`;
          counts.set(key, (counts.get(key) ?? 0) + by);
        },
        observe: (name, value) => {
          counts.set(name, value);
        },
      },
      log: { write: (level, event, fields) => logs.push({ level, event, fields }) },
    },
    { ...SETTINGS, ...more.settings },
    more.domain ?? scripted,
  );
  return {
    runtime,
    clock,
    driver,
    script,
    events,
    dispatcherEvents,
    sessionEvents,
    counts,
    logs,
    openSession: (name) => {
      const link = new RecordedLink();
      runtime.openSession(opening(name), link);
      return link;
    },
    attachNode: (name) => {
      const link = new RecordedLink();
      runtime.attachNode(connection(name), PRINCIPAL, link);
      return link;
    },
  };
};

/** The same, started, with its first turn behind it and nothing written down yet. */
export const startedStage = (...args: Parameters<typeof runtimeStage>): RuntimeStage => {
  const stage = runtimeStage(...args);
  stage.runtime.start();
  stage.driver.runUntilIdle();
  stage.events.length = 0;
  stage.dispatcherEvents.length = 0;
  return stage;
};
