import type { ConnectionId, InstanceId, SessionId } from '#protocol/ids.ts';
import type { SessionInit } from '#protocol/session-client-messages.ts';
import type { Endpointing } from '#protocol/shapes.ts';
import type { Now } from '../clock.ts';
import type { SessionSettings } from '../settings.ts';
import { type AudioAckMarks, newAudioAckMarks } from './audio-ack.ts';
import type { Away } from './away.ts';
import type { OpenUtterance } from './captions.ts';
import { limitsFor } from './endpointing.ts';
import type { FreezeReason } from './freezing.ts';
import { newUtteranceGroups, type UtteranceGroups } from './groups.ts';
import { newSegmenter, type Segmenter } from './growing-speech.ts';
import { type IndexAllocator, newIndexAllocator } from './index-allocator.ts';
import { agreeOn, canComeBack, isReplaying, type SessionTerms } from './negotiation.ts';
import { newOutbox, type Outbox } from './outbox.ts';
import { newPortions, type Portions } from './portions.ts';
import { grantedPriority } from './priority.ts';
import { newResultQueue, type ResultQueue } from './results.ts';
import { newSeqWindow, type SeqWindow } from './seq-window.ts';
import type { SessionEffect, SessionOpen } from './session-contract.ts';
import type { SetTimers } from './session-timers.ts';
import type { SpeechWish, SpokenUtterance } from './spoken-utterance.ts';

/** `closing`: the client asked; `draining`: the process goes down. Both take no more audio and wait for results. */
export type SessionPhase = 'live' | 'closing' | 'draining' | 'ended';

/** Everything a session owns. Others read it for statistics; only `stepSession` changes it. */
export interface SessionState {
  readonly sessionId: SessionId;
  /** The socket that the client is on, or was on last. */
  connectionId: ConnectionId;
  readonly tenant: string;
  readonly traceId: string;
  readonly owner: InstanceId;
  readonly init: SessionInit;
  readonly settings: SessionSettings;
  readonly terms: SessionTerms;
  /** What is wished for speech in chunks: for what is growing, and null or for the next utterance. */
  wish: SpeechWish;
  nextWish: SpeechWish | null;
  /** All that the client has wished for cutting so far; what came of it stands in the segmenter's limits. */
  endpointing: Endpointing;
  /** Granted: 0 to 4, higher goes first. */
  readonly priority: number;
  readonly openedWallMs: number;
  phase: SessionPhase;
  /** The last message of the client, monotonic. Silence never ends a session. */
  lastActivityAtMs: number;
  /** The client waits for `session_close_ack`. */
  isCloseAsked: boolean;
  /** All audio accepted so far; the end of the speaker's axis of offsets. */
  acceptedAudioMs: number;
  /** Of it, what the counters have been told. */
  countedAudioMs: number;
  /** Audio that was dropped since the last cut, before it came here. */
  shedMs: number;
  /** Why no pause counts at present. */
  readonly frozenFor: Set<FreezeReason>;
  /** Set while the client has no socket and may come back. */
  away: Away | null;
  readonly audioAck: AudioAckMarks;
  readonly seqs: SeqWindow;
  readonly segmenter: Segmenter;
  readonly indices: IndexAllocator<SpokenUtterance>;
  /** Its job was opened while it is being spoken; null for all others. */
  openUtterance: OpenUtterance | null;
  readonly results: ResultQueue;
  readonly outbox: Outbox;
  readonly portions: Portions;
  readonly groups: UtteranceGroups;
  readonly timers: SetTimers;
}

/** One step: the state, the time, and where effects go. */
export interface SessionTurn {
  readonly state: SessionState;
  readonly now: Now;
  readonly effects: SessionEffect[];
}

/** The one listener there is: who speaks. */
const OWN_STREAM = 'own';
const wishOf = ({ init, traceId }: SessionOpen): SpeechWish => ({
  srcLang: init.src_lang,
  tgtLang: init.tgt_lang,
  ...(init.dialect === undefined ? {} : { dialect: init.dialect }),
  ...(init.features === undefined ? {} : { features: init.features }),
  traceId,
});

/** Finals of a client that replays come in their place, so nothing is waited for behind them [SES46]. */
const settingsFor = (terms: SessionTerms, settings: SessionSettings): SessionSettings =>
  isReplaying(terms) ? { ...settings, hangoverManualMs: 0 } : settings;

export const newSessionState = (
  open: SessionOpen,
  given: SessionSettings,
  now: Now,
  owner: InstanceId,
): SessionState => {
  const { sessionId, connectionId, init, tenant, traceId } = open;
  const terms = agreeOn(init, given);
  const settings = settingsFor(terms, given);
  return {
    sessionId,
    connectionId,
    tenant,
    traceId,
    owner,
    init,
    settings,
    terms,
    wish: wishOf(open),
    nextWish: null,
    endpointing: init.endpointing ?? {},
    priority: grantedPriority(init.priority, open.priorityMax),
    openedWallMs: now.wallMs,
    phase: 'live',
    lastActivityAtMs: now.atMs,
    isCloseAsked: false,
    acceptedAudioMs: 0,
    countedAudioMs: 0,
    shedMs: 0,
    frozenFor: new Set(),
    away: null,
    audioAck: newAudioAckMarks(),
    seqs: newSeqWindow(isReplaying(terms)),
    segmenter: newSegmenter(limitsFor(init.endpointing ?? {}, settings)),
    indices: newIndexAllocator(),
    openUtterance: null,
    results: newResultQueue(OWN_STREAM),
    outbox: newOutbox(canComeBack(terms) ? settings.outboxBytesMax : 0),
    portions: newPortions(),
    groups: newUtteranceGroups({
      windowMs: settings.groupWindowMs,
      partsMax: settings.groupPartsMax,
      contextCharsMax: settings.contextCharsMax,
    }),
    timers: new Map(),
  };
};
