import type { ConnectionId } from '#protocol/ids.ts';
import type { NodeAgentMessage } from '#protocol/messages.ts';
import type { Now } from '../clock.ts';
import { count } from '../effects.ts';
import { forgetNode } from '../nodes/departure.ts';
import { drainByAdmin, drainByNode, endDrain } from '../nodes/drain.ts';
import { ejectionIsOver } from '../nodes/ejection.ts';
import { heartbeatMissed, warmupRanOut } from '../nodes/health.ts';
import { takeHeartbeat } from '../nodes/heartbeat.ts';
import { hasFeature, type NodeRecord } from '../nodes/node.ts';
import { closeRefused } from '../nodes/registration.ts';
import { nodeOfConnection } from '../nodes/registry.ts';
import { slowStartGoesOn } from '../nodes/slow-start.ts';
import { markRanOut } from '../nodes/unavailability.ts';
import { giveBackRoom } from '../nodes/withheld-room.ts';
import type { StoreSettled } from '../ports.ts';
import type { DispatchSettings } from '../settings.ts';
import type { DispatcherEffect, DispatcherEvent } from './dispatcher-contract.ts';
import {
  beginTurn,
  type DispatcherDeps,
  type DispatcherTurn,
  newDispatcherState,
  type DispatcherState as State,
} from './dispatcher-state.ts';
import { type NodeTimer, parseTimerKey } from './dispatcher-timers.ts';
import { openJob, stayIsOver, submitJob, wakeWaiting } from './dispatching.ts';
import { endMissing } from './endings.ts';
import { noteStall } from './fair-waits.ts';
import { hastenJob } from './hedges.ts';
import {
  takeJobAck,
  takeJobCancelled,
  takeJobProgress,
  takeJobStarted,
  takePartial,
} from './node-progress.ts';
import { takeResult } from './node-results.ts';
import { attemptRanOut, loseSocket, register } from './node-sockets.ts';
import { offerAccepted, offerRefused, offerUnanswered } from './offers.ts';
import { appendAudio } from './open-audio.ts';
import { graceIsOver } from './overtaken.ts';
import { takeJobReject } from './rejections.ts';
import { endIdleZombies, endZombie, noteReceipt } from './zombies.ts';

/** What the dispatcher owns; readable by statistics, changed by `stepDispatcher` alone. */
export type DispatcherState = State;

export const newDispatcher = (settings: DispatchSettings, deps: DispatcherDeps): DispatcherState =>
  newDispatcherState(settings, deps);

const ignoreMessage = (turn: DispatcherTurn, type: string): void => {
  turn.effects.push(count('node_messages_ignored_total', { type }));
};

/** A message of a registered node on its own socket, under its own id. */
const onNodeMessage = (turn: DispatcherTurn, node: NodeRecord, message: NodeAgentMessage): void => {
  if ('job_id' in message) noteReceipt(node, message);
  const isHandled = ((): boolean => {
    switch (message.type) {
      case 'node_heartbeat':
        takeHeartbeat(turn, node, message);
        giveBackRoom(turn, node);
        endIdleZombies(turn, node, message.resource_usage.running_jobs);
        return true;
      case 'job_result':
        takeResult(turn, node, message);
        return true;
      case 'job_ack':
        return takeJobAck(turn, node, message);
      case 'job_started':
        return takeJobStarted(turn, node, message);
      case 'job_progress':
        return takeJobProgress(turn, node, message);
      case 'job_reject':
        return takeJobReject(turn, node, message);
      case 'asr_partial':
        return takePartial(turn, node, message);
      case 'job_cancelled':
        return takeJobCancelled(turn, node, message);
      case 'node_error': {
        const fields = { nodeId: node.nodeId, code: message.code };
        turn.effects.push({ kind: 'log', level: 'warn', event: 'node reports trouble', fields });
        return true;
      }
      case 'node_drain': {
        const { deadline_ms: deadlineMs = null, reason = '' } = message;
        if (!hasFeature(node, 'drain')) return false;
        drainByNode(turn, node, { deadlineMs, reason });
        return true;
      }
      case 'node_register':
      case 'request_pairing_code':
        return false;
    }
  })();
  if (!isHandled) ignoreMessage(turn, message.type);
};

/** Identity first: the node is whoever this socket is, and a message that says otherwise is dropped [I8, NOD7]. */
const onSocketMessage = (
  turn: DispatcherTurn,
  connectionId: ConnectionId,
  message: NodeAgentMessage,
): void => {
  const connection = turn.registry.connections.get(connectionId);
  if (connection === undefined) {
    ignoreMessage(turn, message.type);
    return;
  }
  if (message.type === 'node_register') {
    register(turn, connection, message);
    return;
  }
  const node = nodeOfConnection(turn.registry, connection);
  if (node === null) {
    // On a reconnect agents send a heartbeat under their old id before they register [NOD6].
    ignoreMessage(turn, message.type);
    return;
  }
  if ('node_id' in message && message.node_id !== undefined && message.node_id !== node.nodeId) {
    turn.effects.push(count('identity_refused_total', { side: 'node' }));
    return;
  }
  onNodeMessage(turn, node, message);
};

const NODE_TIMERS: Readonly<Record<NodeTimer['kind'], (turn: DispatcherTurn, node: NodeRecord) => void>> = {
  heartbeat: heartbeatMissed,
  warmup: warmupRanOut,
  gone: forgetNode,
  drain: endDrain,
  mark: markRanOut,
  ejection: ejectionIsOver,
  room: giveBackRoom,
  slowStart: slowStartGoesOn,
};

const onTimer = (turn: DispatcherTurn, key: string): void => {
  const timer = parseTimerKey(key);
  if (timer === null) return;
  switch (timer.kind) {
    case 'pending':
      stayIsOver(turn, timer.jobId);
      return;
    case 'offer':
      offerUnanswered(turn, timer.jobId, timer.attemptId);
      return;
    case 'ack':
      attemptRanOut(turn, timer.jobId, timer.attemptId, 'no_ack');
      return;
    case 'deadline':
      attemptRanOut(turn, timer.jobId, timer.attemptId, 'hung');
      return;
    case 'progress':
      attemptRanOut(turn, timer.jobId, timer.attemptId, 'no_progress');
      return;
    case 'overtaken':
      graceIsOver(turn, timer.jobId, timer.attemptId);
      return;
    case 'zombie': {
      const node = turn.registry.nodes.get(timer.nodeId);
      if (node !== undefined) endZombie(turn, node, timer.jobId, timer.attemptId);
      return;
    }
    case 'refused': {
      const connection = turn.registry.connections.get(timer.connectionId);
      if (connection !== undefined) closeRefused(turn, connection);
      return;
    }
    case 'heartbeat':
    case 'warmup':
    case 'gone':
    case 'drain':
    case 'mark':
    case 'ejection':
    case 'room':
    case 'slowStart': {
      const node = turn.registry.nodes.get(timer.nodeId);
      if (node === undefined) return;
      NODE_TIMERS[timer.kind](turn, node);
    }
  }
};

/** Claims and node records are for other instances: work here goes on whatever the store says [JOB2]. */
const onStoreSettled = (turn: DispatcherTurn, { request, outcome }: StoreSettled): void => {
  if (outcome !== 'taken' && outcome !== 'stale') return;
  const fields = { verb: request.verb, outcome };
  turn.effects.push({ kind: 'log', level: 'warn', event: 'another instance claims the same', fields });
};

const onEvent = (turn: DispatcherTurn, event: DispatcherEvent): void => {
  const { jobs } = turn.state;
  switch (event.kind) {
    case 'started':
      turn.effects.push({ kind: 'log', level: 'info', event: 'dispatcher started' });
      return;
    case 'jobOpened':
      openJob(turn, event.request);
      return;
    case 'jobAudioAppended': {
      const job = jobs.get(event.jobId);
      if (job !== undefined) appendAudio(turn, job, event.fromPiece, event.pieces);
      return;
    }
    case 'jobSubmitted':
      submitJob(turn, event.request, event.outlived);
      return;
    case 'jobHastened': {
      const job = jobs.get(event.jobId);
      if (job !== undefined) hastenJob(turn, job);
      return;
    }
    case 'jobCancelled': {
      const job = jobs.get(event.jobId);
      if (job !== undefined) endMissing(turn, job, event.reason);
      return;
    }
    case 'nodeConnected': {
      const { connectionId, principal } = event;
      const connection = { connectionId, principal, nodeId: null, refusedCode: null };
      turn.registry.connections.set(connectionId, connection);
      return;
    }
    case 'nodeMessage':
      onSocketMessage(turn, event.connectionId, event.message);
      return;
    case 'nodeSocketClosed':
      loseSocket(turn, event.connectionId);
      return;
    case 'nodeDrainAsked':
      drainByAdmin(turn, event.nodeId, event);
      return;
    case 'nodeUndrainAsked': {
      const node = turn.registry.nodes.get(event.nodeId);
      if (node !== undefined) endDrain(turn, node);
      return;
    }
    case 'offerAnswered':
      if (event.answer === 'accepted') offerAccepted(turn, event.jobId, event.attemptId);
      else offerRefused(turn, event.jobId, event.attemptId);
      return;
    case 'stalled':
      noteStall(turn, event.durationMs);
      return;
    case 'timerFired':
      onTimer(turn, event.key);
      return;
    case 'storeSettled':
      onStoreSettled(turn, event);
  }
};

/**
 * One step of the dispatcher: jobs, attempts, slots and the node registry. Total: every event has an answer in every
 * state. Whatever the event freed is shown to the waiting jobs once, at its end.
 */
export const stepDispatcher = (
  state: DispatcherState,
  event: DispatcherEvent,
  now: Now,
): DispatcherEffect[] => {
  const turn = beginTurn(state, now);
  onEvent(turn, event);
  if (turn.gained.size > 0) wakeWaiting(turn);
  return turn.effects;
};
