import type { NodeStatusEvent, NodeStopReason } from 'lingua-scheduler/node';
import type { LoadStep } from './engines.ts';

/** Everything the program tells. Ids, codes and times only: never what was said [SPN14]. */
export type ReportEvent =
  | { readonly kind: 'loading'; readonly step: LoadStep }
  | { readonly kind: 'notice'; readonly message: string }
  | {
      readonly kind: 'loaded';
      readonly durationMs: number;
      readonly capacity: number;
      readonly offers: string;
    }
  | NodeStatusEvent;

export interface ReportStreams {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** `json`: every event as an object on `out`. Otherwise sentences on `err`, so that a pipe stays clean. */
export const createReport = (isJson: boolean, { out, err }: ReportStreams): ((event: ReportEvent) => void) =>
  isJson
    ? (event) => out(`${JSON.stringify(withoutCause(event))}\n`)
    : (event) => {
        const line = sentence(event);
        if (line !== null) err(`${line}\n`);
      };

/** The cause of a failure may quote what was said. */
const withoutCause = (event: ReportEvent): object =>
  event.kind === 'jobEnded' ? { ...event, cause: undefined } : event;

const STEPS: Record<LoadStep, string> = {
  models: 'checking the models',
  recognizer: 'loading the recognizer',
  translators: 'starting the translators',
  voice: 'starting the voice',
};

const STOPPED: Record<Exclude<NodeStopReason, 'asked'>, string> = {
  replaced: 'another node uses the same id',
  refused: 'the scheduler does not want this node as it is',
  commanded: 'the scheduler shut it down',
};

const sentence = (event: ReportEvent): string | null => {
  switch (event.kind) {
    case 'loading':
      return `${STEPS[event.step]} …`;
    case 'notice':
      return event.message;
    case 'loaded':
      return `engines ready after ${seconds(event.durationMs)}: ${event.offers}; jobs at once: ${event.capacity}`;
    case 'connected':
      return 'connected, registering';
    case 'registered':
      return `registered as ${event.nodeId}`;
    case 'refused':
      return joined(`refused (${event.code}): ${event.message}`, event.fix);
    case 'judged':
      return joined(`the scheduler says: ${event.status}${bracketed(event.reason)}`, event.fix);
    case 'complaint':
      return `the scheduler complains (${event.code}): ${event.message}`;
    case 'jobEnded':
      return `job ${event.jobId} ${event.outcome}${bracketed(event.code)} after ${seconds(event.durationMs)}`;
    case 'disconnected':
      return `disconnected (${event.code ?? event.closeCode})${
        event.retryInMs === null ? '' : `, next attempt in ${seconds(event.retryInMs)}`
      }`;
    case 'stopped':
      return event.reason === 'asked' ? 'stopped' : `stopped: ${STOPPED[event.reason]}`;
    case 'commanded':
      return `the scheduler says: ${event.command}${bracketed(event.reason)}`;
    case 'jobStarted':
      return null;
  }
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const bracketed = (text: string | null): string => (text === null ? '' : ` (${text})`);
const joined = (text: string, fix: string | null): string => (fix === null ? text : `${text} — ${fix}`);
