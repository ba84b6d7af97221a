/** How a node's last answers were, and what came of it [SEL21]. Only faults of the node itself are in it. */
export interface FaultRecord {
  inARow: number;
  /** The last answers as bits, the newest lowest; 1 = fault. */
  recent: number;
  answers: number;
  /** Null = not ejected. */
  ejectedUntilAtMs: number | null;
  /** Ejections so far, forgotten after ten minutes without. */
  ejections: number;
  returnedAtMs: number;
}

const IN_A_ROW_MAX = 5;
const WINDOW_ANSWERS = 20;
const WINDOW_FAULTS_MAX = 10;
const WINDOW_MASK = 2 ** WINDOW_ANSWERS - 1;

export const newFaultRecord = (): FaultRecord => ({
  inARow: 0,
  recent: 0,
  answers: 0,
  ejectedUntilAtMs: null,
  ejections: 0,
  returnedAtMs: 0,
});

const bitsOf = (mask: number): number => {
  let bits = 0;
  for (let left = mask; left !== 0; left &= left - 1) bits += 1;
  return bits;
};

export const noteAnswer = (faults: FaultRecord, isFault: boolean): void => {
  faults.inARow = isFault ? faults.inARow + 1 : 0;
  faults.recent = ((faults.recent << 1) | Number(isFault)) & WINDOW_MASK;
  faults.answers = Math.min(WINDOW_ANSWERS, faults.answers + 1);
};

export const forgetAnswers = (faults: FaultRecord): void => {
  faults.inARow = 0;
  faults.recent = 0;
  faults.answers = 0;
};

export const isOutlier = ({ inARow, recent, answers }: FaultRecord): boolean =>
  inARow >= IN_A_ROW_MAX || (answers === WINDOW_ANSWERS && bitsOf(recent) >= WINDOW_FAULTS_MAX);
