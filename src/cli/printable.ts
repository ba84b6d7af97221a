/** C0 and C1 controls, and marks that turn the order of letters round. */
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text that somebody else chose, for a terminal: nodes and clients name themselves, and must not move the cursor of
 * whoever looks at them [CLI62].
 */
export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, '\ufffd');

/** The same of a text of ours in several lines, in which there may be somebody else's words. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
