import { type ApiAddress, askScheduler } from './api.ts';
import { CliFailure } from './failure.ts';

/** What the nodes of a running scheduler say they translate. */
export interface ServedPairs {
  /** `en>es`, primary languages; `*` is any. */
  readonly pairs: ReadonlySet<string>;
  /** A node that declared nothing is asked for anything. */
  readonly isAnythingTried: boolean;
  /** Pairs that are put word by word, by dictionary. */
  readonly glossed: ReadonlySet<string>;
}

interface NodeRow {
  readonly is_connected: boolean;
  readonly language_pairs: readonly string[] | null;
  readonly services: readonly { readonly service_id: string }[];
}

/** The reference node's dictionary, as it registers it; it has Chinese only. */
const GLOSS_SERVICE = 'reference-dictionary';
const GLOSS_TARGET = 'zh';
const NODES_ASKED = 500;

/** Null when the scheduler does not tell: it wants another token, or has more nodes than are asked for. */
export async function servedPairs(address: ApiAddress): Promise<ServedPairs | null> {
  let answer: unknown;
  try {
    answer = await askScheduler(address, '/api/v1/nodes', { limit: NODES_ASKED });
  } catch (error) {
    if (error instanceof CliFailure) return null;
    throw error;
  }
  const { nodes, next } = answer as { nodes?: readonly NodeRow[]; next?: unknown };
  if (!Array.isArray(nodes) || (next ?? null) !== null) return null;
  const pairs = new Set<string>();
  const glossed = new Set<string>();
  let isAnythingTried = false;
  for (const { is_connected, language_pairs, services } of nodes as readonly NodeRow[]) {
    if (!is_connected) continue;
    if (language_pairs === null) isAnythingTried = true;
    for (const pair of language_pairs ?? []) {
      pairs.add(pair);
      const hasGloss = services.some(({ service_id }) => service_id === GLOSS_SERVICE);
      if (hasGloss && pair.endsWith(`>${GLOSS_TARGET}`)) glossed.add(pair);
    }
  }
  return { pairs, isAnythingTried, glossed };
}

/** `en-GB` -> `en`, as the scheduler compares them. */
const primary = (tag: string): string => (tag.split('-')[0] ?? '').toLowerCase();

/** What a result will be; nobody claims an engine that the scheduler did not tell of. */
export const translationKind = (
  served: ServedPairs | null,
  from: string,
  to: string,
): 'gloss' | 'engine' | 'unknown' => {
  if (served === null) return 'unknown';
  return served.glossed.has(`${primary(from)}>${primary(to)}`) ? 'gloss' : 'engine';
};

/**
 * The target to ask for [CLI40]: what the user wants, if it may be served; else Spanish where it is served, else Chinese.
 *
 * errors: `CliFailure` naming what is served, when that is known and the wish is not among it. While no node is there
 * nothing is known: one may come.
 */
export function targetFor(served: ServedPairs | null, from: string, wish: string | undefined): string {
  const isServed = (to: string): boolean => served !== null && isPairServed(served, from, to);
  const to = wish ?? (isServed('es') ? 'es' : 'zh');
  if (served === null || served.isAnythingTried || served.pairs.size === 0 || isServed(to)) return to;
  const offers = [...served.pairs].map((pair) => pair.replace('>', ' to ')).join(', ');
  throw new CliFailure(`no node translates ${from} to ${to}; served: ${offers}`);
}

const isPairServed = ({ pairs }: ServedPairs, from: string, to: string): boolean => {
  const [src, tgt] = [primary(from), primary(to)];
  if (src === 'auto') return [...pairs].some((pair) => pair.endsWith(`>${tgt}`) || pair.endsWith('>*'));
  return [`${src}>${tgt}`, `${src}>*`, `*>${tgt}`, '*>*'].some((pair) => pairs.has(pair));
};
