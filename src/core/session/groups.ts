import { type GroupId, groupIdOf, type SessionId } from '#protocol/ids.ts';
import type { Now } from '../clock.ts';
import { codePointCount, lastCodePoints } from './code-points.ts';

export interface GroupLimits {
  readonly windowMs: number;
  readonly partsMax: number;
  readonly contextCharsMax: number;
}

interface Part {
  /** What was said and its translation. */
  readonly text: string;
  /** Code points of it. */
  readonly chars: number;
}

interface Group {
  readonly groupId: GroupId;
  /** Oldest first; bounded in number and length. */
  parts: readonly Part[];
  nextPartIndex: number;
  /** By our clock; at first its creation. */
  lastPlayEndAtMs: number;
  isPlaying: boolean;
}

/** How many groups a client may still report playback for. */
const REMEMBERED_GROUPS_MAX = 16;

/**
 * Utterances of one speaker that belong together: earlier ones are the context in which later ones are translated.
 * All state is the session's own, so it goes when the session goes [GRP7].
 */
export interface UtteranceGroups {
  readonly limits: GroupLimits;
  current: Group | null;
  /** Every group whose id a client may know, oldest first. */
  readonly known: Set<string>;
}

export const newUtteranceGroups = (limits: GroupLimits): UtteranceGroups => ({
  limits,
  current: null,
  known: new Set(),
});

/** The group that an utterance belongs to whose first speech came at `spokenAtMs` [GRP1]. */
const groupAt = ({ current, limits }: UtteranceGroups, spokenAtMs: number): Group | null => {
  if (current === null) return null;
  return current.isPlaying || spokenAtMs - current.lastPlayEndAtMs <= limits.windowMs ? current : null;
};

const begin = (groups: UtteranceGroups, sessionId: SessionId, now: Now): Group => {
  let { wallMs } = now;
  // The wall clock may step back; an id is never used twice.
  while (groups.known.has(groupIdOf(sessionId, wallMs))) wallMs += 1;
  const groupId = groupIdOf(sessionId, wallMs);
  groups.known.add(groupId);
  const [oldest] = groups.known;
  if (groups.known.size > REMEMBERED_GROUPS_MAX && oldest !== undefined) groups.known.delete(oldest);
  groups.current = { groupId, parts: [], nextPartIndex: 0, lastPlayEndAtMs: now.atMs, isPlaying: false };
  return groups.current;
};

/** An utterance's place in its group. */
export interface GroupPlace {
  readonly groupId: GroupId;
  readonly partIndex: number;
}

export interface RecognisedSpeech {
  readonly sessionId: SessionId;
  readonly spokenAtMs: number;
  readonly textAsr: string;
  /** Empty when the translation failed: the part and its number stay [GRP4]. */
  readonly textTranslated: string;
}

/** A result leaves for its listener. Speech in which nothing was recognised joins no group [GRP3]. */
export const joinGroup = (groups: UtteranceGroups, speech: RecognisedSpeech, now: Now): GroupPlace | null => {
  if (speech.textAsr === '') return null;
  const group = groupAt(groups, speech.spokenAtMs) ?? begin(groups, speech.sessionId, now);
  const { partsMax, contextCharsMax } = groups.limits;
  const lines = [speech.textAsr, speech.textTranslated].filter((line) => line !== '');
  const text = lastCodePoints(lines.join('\n'), contextCharsMax);
  group.parts = [...group.parts, { text, chars: codePointCount(text) }].slice(-partsMax);
  const partIndex = group.nextPartIndex;
  group.nextPartIndex += 1;
  return { groupId: group.groupId, partIndex };
};

/** The newest parts that fit, whole ones only where more than one does. */
const contextOf = (parts: readonly Part[], charsMax: number): string => {
  let left = charsMax;
  let text = '';
  for (let at = parts.length - 1; at >= 0; at -= 1) {
    const part = parts[at];
    if (part === undefined) break;
    const isLast = at === parts.length - 1;
    left -= part.chars + (isLast ? 0 : 1);
    if (left < 0) break;
    text = isLast ? part.text : `${part.text}\n${text}`;
  }
  return text;
};

/** What a node may know of the conversation before it translates the next utterance; null = it begins one [GRP5]. */
export interface GroupContext extends GroupPlace {
  readonly text: string;
}

export const contextFor = (groups: UtteranceGroups, spokenAtMs: number): GroupContext | null => {
  const group = groupAt(groups, spokenAtMs);
  if (group === null) return null;
  const text = contextOf(group.parts, groups.limits.contextCharsMax);
  return { groupId: group.groupId, partIndex: group.nextPartIndex, text };
};

export const isKnownGroup = ({ known }: UtteranceGroups, groupId: string): boolean => known.has(groupId);

export const groupPlaybackStarted = ({ current }: UtteranceGroups, groupId: string): void => {
  if (current?.groupId === groupId) current.isPlaying = true;
};

/** Stamped by our clock on arrival: what a client says about time proves nothing [GRP2]. */
export const groupPlaybackEnded = ({ current }: UtteranceGroups, groupId: string, now: Now): void => {
  if (current?.groupId !== groupId) return;
  current.isPlaying = false;
  current.lastPlayEndAtMs = now.atMs;
};

/** No end was reported for too long. */
export const groupPlaybackGivenUp = ({ current }: UtteranceGroups, now: Now): void => {
  if (current === null || !current.isPlaying) return;
  current.isPlaying = false;
  current.lastPlayEndAtMs = now.atMs;
};
