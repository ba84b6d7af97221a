const isLowSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;
const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;

/** The end of a text, at most so many characters of it (code points): no character is cut in half [GRP5]. */
export const lastCodePoints = (text: string, countMax: number): string => {
  let at = text.length;
  for (let count = 0; count < countMax && at > 0; count += 1) {
    const isPair = isLowSurrogate(text.charCodeAt(at - 1)) && isHighSurrogate(text.charCodeAt(at - 2));
    at -= isPair ? 2 : 1;
  }
  return at === 0 ? text : text.slice(at);
};

export const codePointCount = (text: string): number => {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (isHighSurrogate(text.charCodeAt(at)) && isLowSurrogate(text.charCodeAt(at + 1))) at += 1;
    count += 1;
  }
  return count;
};
