/** Scenarios that are there without a file: `lingua load NAME`. Each is the text of a file one could have written. */
export const BUILT_IN_SCENARIOS: Readonly<Record<string, string>> = {
  conversation: `
name = "conversation"
description = "Ten people talk for half a minute: sentences of one to four seconds with pauses, in real time."
sessions = 10
duration_s = 30
`,
  rush: `
name = "rush"
description = "A hundred people come within five seconds and talk almost without a pause: queues, refusals, order."
sessions = 100
duration_s = 20
ramp_s = 5
[speech]
utterance_ms = { min = 500, max = 2000 }
pause_ms = { min = 250, max = 500 }
`,
  reconnects: `
name = "reconnects"
description = "Ten people on a bad network: each loses the socket six times a minute and goes on talking."
sessions = 10
duration_s = 60
cuts_per_minute = 6
`,
};
