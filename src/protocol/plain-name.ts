/**
 * A name that may be repeated to whoever sent it, where nobody knows it: shorter than any token, for what stands where a name
 * belongs may be one [CFG5, HTT53].
 */
export const PLAIN_NAME = /^[a-z_]{1,15}$/i;
