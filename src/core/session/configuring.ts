import type { SessionConfigure } from '#protocol/session-client-messages.ts';
import { count } from '../effects.ts';
import { effectiveEndpointing, limitsFor } from './endpointing.ts';
import { refuseField } from './field-refusal.ts';
import { changeLimits } from './growing-speech.ts';
import type { SessionState, SessionTurn } from './session-state.ts';
import type { SpeechWish } from './spoken-utterance.ts';

/** What speech in chunks is to become from the next utterance on. */
const comingWish = ({ wish, nextWish }: SessionState): SpeechWish => nextWish ?? wish;

/** The next utterance has begun, or nothing is growing: its wish is the one in effect [SES65]. */
export const adoptNextWish = (state: SessionState): void => {
  const { nextWish, segmenter, wish } = state;
  if (nextWish === null || segmenter.growing?.wish === wish) return;
  state.wish = nextWish;
  state.nextWish = null;
};

/** A field that says nothing sensible; null = all of them do. */
const refusedField = ({
  src_lang,
  tgt_lang,
}: SessionConfigure): { field: string; expected: string } | null => {
  if (src_lang?.trim() === '') return { field: 'src_lang', expected: 'a language or auto' };
  if (tgt_lang === undefined) return null;
  const isLanguage = tgt_lang.trim() !== '' && tgt_lang !== 'auto';
  return isLanguage ? null : { field: 'tgt_lang', expected: 'a language' };
};

const configured = (turn: SessionTurn): void => {
  const { state, effects } = turn;
  const { srcLang, tgtLang, features } = comingWish(state);
  const limits = state.segmenter.nextLimits ?? state.segmenter.limits;
  effects.push({
    kind: 'sendClient',
    message: {
      type: 'session_configured',
      session_id: state.sessionId,
      src_lang: srcLang,
      tgt_lang: tgtLang,
      endpointing: effectiveEndpointing(state.endpointing, limits),
      ...(features === undefined ? {} : { features }),
    },
  });
};

/**
 * For the next utterance; what is growing goes on as it began. What is left out stays as it is, inside `endpointing`
 * too; `features` are replaced. With one field that cannot be, nothing changes [SES65, SES66].
 */
export const configureSession = (turn: SessionTurn, message: SessionConfigure): void => {
  const { state, effects } = turn;
  if (state.phase !== 'live') {
    effects.push(count('messages_ignored_total', { type: message.type }));
    return;
  }
  const refused = refusedField(message);
  if (refused !== null) {
    refuseField(turn, refused.field, refused.expected);
    return;
  }
  const { src_lang, tgt_lang, endpointing, features } = message;
  state.nextWish = {
    ...comingWish(state),
    ...(src_lang === undefined ? {} : { srcLang: src_lang }),
    ...(tgt_lang === undefined ? {} : { tgtLang: tgt_lang }),
    ...(features === undefined ? {} : { features }),
  };
  adoptNextWish(state);
  state.endpointing = { ...state.endpointing, ...endpointing };
  changeLimits(state.segmenter, limitsFor(state.endpointing, state.settings));
  configured(turn);
};
