import { CLOSE_CODES } from '#protocol/close-codes.ts';

const WORDS: Readonly<Record<number, string>> = {
  [CLOSE_CODES.normal]: 'The server ended the connection',
  [CLOSE_CODES.internal]: 'The server has failed',
  [CLOSE_CODES.restart]: 'The server asks to come back later',
  [CLOSE_CODES.unauthenticated]: 'The server wants a token that it knows, and got none or another one',
  [CLOSE_CODES.forbidden]: 'The server does not take this token for a session',
  [CLOSE_CODES.replaced]: 'Another connection took over',
  [CLOSE_CODES.deadline]: 'The server waited in vain',
  [CLOSE_CODES.rateLimit]: 'The server was sent too much',
  [CLOSE_CODES.slowReader]: 'The server could not get rid of what it had to say',
};

/** Why an open socket was closed, in one sentence: the close code tells more than that nobody is there. */
export const lossText = (closeCode: number): string =>
  `${WORDS[closeCode] ?? 'The server is gone'} (close code ${closeCode}).`;
