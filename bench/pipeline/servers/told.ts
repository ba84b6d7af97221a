/** What a server under measurement answers: where it listens, and what it has used so far. */
export interface Usage {
  readonly cpuUs: number;
  readonly rssBytes: number;
}

/** Tells the parent the port, and its usage whenever it is asked; ends with the parent. */
export const serveMeasured = (port: number): void => {
  process.on('message', (word) => {
    if (word !== 'usage') return;
    // Only what lives counts; without the flag nothing is collected, as when processor time is measured.
    (globalThis as { gc?: () => void }).gc?.();
    const { user, system } = process.cpuUsage();
    const usage: Usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss() };
    if (process.connected) process.send?.({ kind: 'usage', usage });
  });
  process.on('disconnect', () => process.exit(0));
  process.on('error', () => process.exit(0));
  process.send?.({ kind: 'listening', port });
};
