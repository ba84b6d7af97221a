import type { TtsPlayEnded, TtsStarted } from '#protocol/session-client-messages.ts';
import { count } from '../effects.ts';
import { freeze, thaw } from './freezing.ts';
import { groupPlaybackEnded, groupPlaybackGivenUp, groupPlaybackStarted, isKnownGroup } from './groups.ts';
import type { SessionTurn } from './session-state.ts';

/** A client that never reports the end cannot hold the segmenter for longer. Source: small print 14. */
const PLAYBACK_MS_MAX = 30_000;

const ignore = ({ effects }: SessionTurn, { type }: TtsStarted | TtsPlayEnded): void => {
  effects.push(count('messages_ignored_total', { type }));
};

/** The page speaks, so its microphone may well be quiet: pauses do not count until it has ended [SEG13]. */
export const takePlaybackStarted = (turn: SessionTurn, message: TtsStarted): void => {
  const { groups } = turn.state;
  if (!isKnownGroup(groups, message.group_id)) {
    ignore(turn, message);
    return;
  }
  groupPlaybackStarted(groups, message.group_id);
  freeze(turn, 'playback', turn.now.atMs + PLAYBACK_MS_MAX);
};

export const takePlaybackEnded = (turn: SessionTurn, message: TtsPlayEnded): void => {
  const { groups } = turn.state;
  if (!isKnownGroup(groups, message.group_id)) {
    ignore(turn, message);
    return;
  }
  groupPlaybackEnded(groups, message.group_id, turn.now);
  thaw(turn, 'playback');
};

export const playbackRanOut = (turn: SessionTurn): void => {
  groupPlaybackGivenUp(turn.state.groups, turn.now);
  thaw(turn, 'playback');
};
