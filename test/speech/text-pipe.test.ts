import { afterEach, expect, it } from 'vitest';
import { createTextPipe, type TextPipe } from '../../speech-node/src/text-pipe.ts';
import { isAlive } from '../is-alive.ts';
import { unbothered } from './engines-for-tests.ts';

/** Answers each text in upper case; `die` and `hang` do what they say, `flood` answers without an end. */
const PROGRAM = `
  let text = '';
  process.stdin.setEncoding('utf8').on('data', (data) => {
    text += data;
    for (let end = text.indexOf('\\0'); end >= 0; end = text.indexOf('\\0')) {
      const one = text.slice(0, end);
      text = text.slice(end + 1);
      if (one === 'die') process.exit(3);
      if (one === 'flood') process.stdout.write('x'.repeat(1100000));
      if (one !== 'hang' && one !== 'flood') process.stdout.write(one.toUpperCase() + '\\0');
    }
  });`;
const NODE = `'${process.execPath}' -e "${PROGRAM.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}"`;

const opened: TextPipe[] = [];
afterEach(() => {
  for (const pipe of opened.splice(0)) pipe.close();
});
const pipeOf = (line: string, timeoutMs = 10_000): TextPipe => {
  const pipe = createTextPipe('the program', { line, env: {} }, timeoutMs);
  opened.push(pipe);
  return pipe;
};
it('[SPN41] texts asked for at once are each answered with their own, by one and the same program', async () => {
  const pipe = pipeOf(NODE);
  expect(pipe.pid).toBeNull();
  const texts = ['one', 'two\nlines', '', 'thrée', 'f\0our'];
  const answers = await Promise.all(texts.map((text) => pipe.ask(text, unbothered())));
  expect(answers).toEqual(['ONE', 'TWO\nLINES', '', 'THRÉE', 'F OUR']);
  const { pid } = pipe;
  await pipe.ask('again', unbothered());
  expect(pipe.pid).toBe(pid);
});

it('[SPN41] a program that dies fails the text it was at; the one behind it is answered by a new one', async () => {
  const pipe = pipeOf(NODE);
  const lost = pipe.ask('die', unbothered());
  const behind = pipe.ask('next', unbothered());
  await expect(lost).rejects.toMatchObject({ code: 'PROCESSING_ERROR', message: 'the program ended' });
  await expect(behind).resolves.toBe('NEXT');
});

it('[SPN41] the death of one program in the middle of the line is noticed at once', async () => {
  const pipe = pipeOf(`${NODE} | ${NODE} | cat`);
  await expect(pipe.ask('die', unbothered())).rejects.toMatchObject({ code: 'PROCESSING_ERROR' });
  await expect(pipe.ask('next', unbothered())).resolves.toBe('NEXT');
});

it('[SPN41] a text that takes too long is given up and every program of the line ended; the next is answered', async () => {
  const pipe = pipeOf(`cat | ${NODE}`, 2_000);
  const late = pipe.ask('hang', unbothered());
  const { pid } = pipe;
  await expect(late).rejects.toMatchObject({ message: 'the program took more than 2000 ms' });
  await expect.poll(() => isAlive(-(pid ?? 0)), { timeout: 5_000 }).toBe(false);
  await expect(pipe.ask('next', unbothered())).resolves.toBe('NEXT');
});

it('[SPN41] an answer without an end is given up long before it fills the memory', async () => {
  await expect(pipeOf(NODE).ask('flood', unbothered())).rejects.toMatchObject({ code: 'PROCESSING_ERROR' });
});

it('[SPN41] a program that does not exist, and a closed pipe, are failures', async () => {
  await expect(pipeOf('/nonexistent/program').ask('one', unbothered())).rejects.toMatchObject({
    code: 'PROCESSING_ERROR',
  });
  const pipe = pipeOf(NODE);
  const asked = [pipe.ask('hang', unbothered()), pipe.ask('behind', unbothered())];
  const { pid } = pipe;
  pipe.close();
  for (const one of asked) await expect(one).rejects.toMatchObject({ message: 'the program is closed' });
  await expect.poll(() => isAlive(-(pid ?? 0)), { timeout: 5_000 }).toBe(false);
});

it('[SPN12] a text that is no longer wanted ends at once, waiting or begun, and others are not disturbed', async () => {
  const pipe = pipeOf(NODE);
  const wish = new AbortController();
  const unwanted = [pipe.ask('one', wish.signal), pipe.ask('two', wish.signal)];
  const wanted = pipe.ask('three', unbothered());
  wish.abort(new Error('no longer wanted'));
  for (const one of unwanted) await expect(one).rejects.toThrow('no longer wanted');
  await expect(wanted).resolves.toBe('THREE');
});
