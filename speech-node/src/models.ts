import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Files whose content is known; `sha256` in lower-case hex. */
interface KnownFile {
  readonly path: string;
  readonly sha256: string;
}

export interface SpeechModels {
  readonly vad: string;
  readonly encoder: string;
  readonly decoder: string;
  /** The model's own tokens, or null where the common ones are to be used (`tokens.ts`). */
  readonly tokens: string | null;
  /** `moonshine-tiny`, or the name of the folder that the user gave. */
  readonly asrModelId: string;
  /** False for a model that the user gave: nobody knows its hash. */
  readonly isAsrVerified: boolean;
}

/** Weights that came with packages: where they stand inside them, and what they must be. */
export const SHIPPED_MODELS = {
  vad: {
    inPackage: '@ricky0123/vad-web',
    file: 'dist/silero_vad_v6.onnx',
    sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
  },
  encoder: {
    inPackage: '@moonshine-ai/moonshine-js',
    file: 'dist/model/tiny/quantized/encoder_model.onnx',
    sha256: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a',
  },
  decoder: {
    inPackage: '@moonshine-ai/moonshine-js',
    file: 'dist/model/tiny/quantized/decoder_model_merged.onnx',
    sha256: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367',
  },
} as const;

const require = createRequire(import.meta.url);

/**
 * Finds the weights and checks them [SPN1]. `asrModelDir`: a folder with another English Moonshine model
 * (`encoder_model.onnx`, `decoder_model_merged.onnx`, and `tokens.txt` if its vocabulary is not Llama's).
 *
 * errors: `Error` naming the file, and for another content the expected and the found hash.
 */
export const findModels = async (asrModelDir: string | undefined): Promise<SpeechModels> => {
  const vad = await verified(shipped(SHIPPED_MODELS.vad));
  if (asrModelDir === undefined || asrModelDir === '') {
    const encoder = await verified(shipped(SHIPPED_MODELS.encoder));
    const decoder = await verified(shipped(SHIPPED_MODELS.decoder));
    return { vad, encoder, decoder, tokens: null, asrModelId: 'moonshine-tiny', isAsrVerified: true };
  }
  const encoder = await existing(join(asrModelDir, basename(SHIPPED_MODELS.encoder.file)));
  const decoder = await existing(join(asrModelDir, basename(SHIPPED_MODELS.decoder.file)));
  const tokens = await existing(join(asrModelDir, 'tokens.txt')).catch(() => null);
  return { vad, encoder, decoder, tokens, asrModelId: basename(asrModelDir), isAsrVerified: false };
};

/** Gives the path back. errors: `Error` naming file, expected and found hash, or that the file is missing. */
export const verified = async ({ path, sha256 }: KnownFile): Promise<string> => {
  const found = await sha256Of(await existing(path));
  if (found !== sha256)
    throw new Error(`${path} is not the expected file: SHA-256 ${sha256} expected, ${found} found`);
  return path;
};

export const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

/** Where an installed package stands; its own entry points need not allow it. errors: `Error` saying to install. */
export const packageFolder = (name: string): string => {
  const folders = (require.resolve.paths(name) ?? []).map((modules) => join(modules, name));
  const folder = folders.find((candidate) => existsSync(candidate));
  if (folder === undefined) throw new Error(`the package ${name} is not installed: run npm ci`);
  return folder;
};

const shipped = ({
  inPackage,
  file,
  sha256,
}: (typeof SHIPPED_MODELS)[keyof typeof SHIPPED_MODELS]): KnownFile => ({
  path: join(packageFolder(inPackage), file),
  sha256,
});

const existing = async (path: string): Promise<string> => {
  try {
    await access(path);
    return path;
  } catch (cause) {
    throw new Error(`${path} is missing or cannot be read`, { cause });
  }
};
