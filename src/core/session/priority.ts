/** On the wire higher goes first; a job's own number counts the other way. Source: extensions 1. */
const PRIORITY_MAX = 4;
export const PRIORITY_USUAL = 2;

/** What a client gets of the priority it asks for: at most what its principal grants, the usual one unasked [SES67]. */
export const grantedPriority = (asked: number | undefined, grantedMax: number = PRIORITY_MAX): number =>
  Math.min(asked ?? PRIORITY_USUAL, grantedMax);

/** 0 (first) to 4 (last), as jobs count. */
export const jobPriorityOf = (priority: number): number => PRIORITY_MAX - priority;
