import { CLOSE_CODES, type CloseCode } from '#protocol/close-codes.ts';

const WORDS: Readonly<Record<CloseCode, string>> = {
  [CLOSE_CODES.normal]: 'The server ended the connection',
  [CLOSE_CODES.policy]: 'The server does not let us in from here, or not under this id',
  [CLOSE_CODES.tooBig]: 'The server was sent a message that is too big',
  [CLOSE_CODES.internal]: 'The server has failed',
  [CLOSE_CODES.restart]: 'The server asks to come back later',
  [CLOSE_CODES.unauthenticated]: 'The server wants a token that it knows, and got none or another one',
  [CLOSE_CODES.forbidden]: 'The server does not take this token for a session',
  [CLOSE_CODES.replaced]: 'Another connection took over',
  [CLOSE_CODES.deadline]: 'The server waited in vain',
  [CLOSE_CODES.rateLimit]: 'The server was sent too much',
  [CLOSE_CODES.nodeRefused]: 'The server does not take this node',
  [CLOSE_CODES.slowReader]: 'The server could not get rid of what it had to say',
};

const wordsOf = (closeCode: number): string | undefined => (WORDS as Record<number, string>)[closeCode];

/** Why an open socket was closed, in one sentence: the close code tells more than that nobody is there. */
export const lossText = (closeCode: number): string =>
  `${wordsOf(closeCode) ?? 'The server is gone'} (close code ${closeCode}).`;
