/**
 * A conversation that stays up: raw samples from standard input, captions and translations on standard output.
 *
 *   arecord -q -t raw -f S16_LE -r 16000 -c 1 | node --conditions=source examples/microphone.ts [url] [en] [zh]
 *
 * Pauses end the sentences, and a lost connection is left to the SDK: it says what it does.
 */
import { openSession } from 'lingua-scheduler/client';

const [url = 'ws://127.0.0.1:5010/ws/session', srcLang = 'en', tgtLang = 'zh'] = process.argv.slice(2);
const session = await openSession({ url, srcLang, tgtLang, audioFormat: 'pcm16' });

const tellEvents = async (): Promise<void> => {
  for await (const event of session.events) {
    if (event.kind === 'partial') console.log(`   … ${event.text}`);
    if (event.kind === 'notice') console.log(`   (${event.notice}: ${event.reason})`);
    if (event.kind === 'connection')
      console.log(`   (${event.state}${event.reason ? `: ${event.reason}` : ''})`);
    if (event.kind === 'restarted') console.log(`   (${event.lostMs} ms of speech were lost)`);
  }
};

const tellResults = async (): Promise<void> => {
  for await (const result of session.results) {
    if (result.kind === 'missing') console.log(`${result.index}: nothing (${result.reason})`);
    else console.log(`${result.index}: ${result.text} -> ${result.translated}`);
  }
};

const sendInput = async (): Promise<void> => {
  let odd = Buffer.alloc(0);
  for await (const piece of process.stdin) {
    const bytes = Buffer.concat([odd, piece]);
    const count = Math.floor(bytes.length / 2);
    session.sendPcm(Int16Array.from({ length: count }, (_, at) => bytes.readInt16LE(at * 2)));
    odd = bytes.subarray(count * 2);
  }
  session.endUtterance();
  await session.close();
};

await Promise.all([tellEvents(), tellResults(), sendInput()]);
