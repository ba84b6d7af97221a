import type { SessionServerMessage } from '#protocol/messages.ts';
import type { Agenda } from './agenda.ts';
import type { FaultName } from './faults.ts';
import type { PeerListener, SimConnection } from './network/connection.ts';
import type { Observer } from './observations.ts';

/** A message that its sender had no right to send, and whom it is aimed at. */
export interface Intrusion {
  readonly what: string;
  readonly frame: string;
  /** The victim, in full. */
  digest(): string;
}

/** What a world offers those who live in it. */
export interface Habitat {
  readonly agenda: Agenda;
  readonly observe: Observer;
  /** Epoch time of peers, whose clocks nobody sets. */
  wallMs(): number;
  /** Null when the scheduler takes no new sockets. */
  connect(side: 'session' | 'node', name: string, peer: PeerListener): SimConnection | null;
  /** Draws a fault that strikes by chance at its own occasions. Never after the faults have ended. */
  happens(fault: FaultName, on: string): boolean;
  /** The weight of a fault now. */
  weightOf(fault: FaultName): number;
  noteFault(fault: FaultName, on: string): void;
  /** The digest of the victim is compared before and after the frame is handled [I8]. */
  intrude(connection: SimConnection, intrusion: Intrusion): void;
  digestOfSession(sessionId: string): string;
  digestOfNode(nodeId: string): string;
  digestOfJob(wireJobId: string): string;
}

/** What both results and their absence are: the end of an utterance. */
export const isOutcome = (
  message: SessionServerMessage,
): message is Extract<SessionServerMessage, { type: 'translation_result' | 'missing_result' }> =>
  message.type === 'translation_result' || message.type === 'missing_result';
