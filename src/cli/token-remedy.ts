const REFUSALS: readonly string[] = ['UNAUTHENTICATED', 'FORBIDDEN'];

/** The end of a sentence that tells of a refusal: how to give another token. Empty for a refusal of another kind. */
export const tokenRemedy = (code: string, whose: 'a session' | 'an operator'): string =>
  REFUSALS.includes(code) ? `; the token of ${whose} is given with --token or LINGUA_TOKEN` : '';
