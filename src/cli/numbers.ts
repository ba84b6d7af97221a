/** The number that an option's text says; NaN for any other text, and for none: a variable that is not set is no 0. */
export const numberFrom = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));
