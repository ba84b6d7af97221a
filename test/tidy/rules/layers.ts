import { posix } from 'node:path';
import {
  type Finding,
  isCode,
  isIn,
  isSyntaxNode,
  lineAt,
  nothingSeen,
  programOf,
  type SourceFile,
  walk,
} from './source.ts';

const BELOW_SERVER = ['protocol', 'codec', 'core', 'runtime', 'store', 'gateway', 'http'];
const ALL = [...BELOW_SERVER, 'server', 'client', 'node', 'testing', 'sim', 'load'];

/** Which other layers each layer may import. The same table stands as a picture in ARCHITECTURE.md. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  codec: ['protocol'],
  core: ['protocol'],
  runtime: ['protocol', 'core'],
  store: ['protocol', 'core'],
  gateway: ['protocol', 'codec', 'core', 'runtime'],
  http: ['protocol', 'core', 'runtime'],
  server: BELOW_SERVER,
  client: ['protocol'],
  node: ['protocol', 'codec'],
  testing: ['protocol', 'codec', 'core'],
  sim: [...BELOW_SERVER, 'server', 'testing', 'load'],
  load: ['protocol', 'codec', 'core', 'client', 'node', 'testing'],
  cli: ALL,
};

/** Layers that must run anywhere: what they may take from outside, by package. Other layers are free. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  protocol: ['typebox'],
  core: [],
  runtime: [],
  client: [],
};

/** What code that stands for a user of the package may import of it: the public entries, never a file. */
const OUTSIDE = ['speech-node', 'examples'];
const SPEECH_NODE_ENTRIES = ['lingua-scheduler/protocol', 'lingua-scheduler/node'];

interface Import {
  readonly specifier: string;
  readonly offset: number;
}

const SOURCES = [
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
];

/** Every import of a file: static, dynamic, re-export and in a type. */
function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  walk(programOf(file), (node) => {
    if (!SOURCES.includes(node.type) || !isSyntaxNode(node.source)) return;
    const { value } = node.source;
    if (typeof value === 'string') found.push({ specifier: value, offset: node.start });
  });
  return found;
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const layerOf = (path: string): string | null => /^src\/([^/]+)\//.exec(path)?.[1] ?? null;

function judgeInLayer(layer: string, path: string, specifier: string): string | null {
  const inner = /^#([^/]+)\//.exec(specifier)?.[1];
  if (inner !== undefined) {
    if (inner === layer) return `imports its own layer as ${specifier}: inside a layer imports are relative`;
    return LAYERS[layer]?.includes(inner)
      ? null
      : `layer ${layer} must not import layer ${inner} (${specifier})`;
  }
  if (specifier.startsWith('.')) {
    const target = layerOf(posix.join(posix.dirname(path), specifier));
    if (target === layer) return null;
    return `leaves its layer by a relative path (${specifier}): other layers are imported as #layer/file.ts`;
  }
  const allowed = PACKAGES[layer];
  if (allowed && !allowed.includes(packageOf(specifier)))
    return `layer ${layer} must not import ${specifier}`;
  return packageOf(specifier) === 'lingua-scheduler'
    ? `imports the package that it is part of (${specifier})`
    : null;
}

function judgeOutside(folder: string, path: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return `${folder} must use the public entries, not ${specifier}`;
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier);
    return target.startsWith(`${folder}/`) ? null : `${folder} must not reach into the tree (${specifier})`;
  }
  if (folder === 'speech-node' && packageOf(specifier) === 'lingua-scheduler') {
    return SPEECH_NODE_ENTRIES.includes(specifier)
      ? null
      : `the speech node speaks the node protocol only, not ${specifier}`;
  }
  return null;
}

function judge(file: SourceFile, specifier: string): string | null {
  const layer = layerOf(file.path);
  if (layer !== null) return judgeInLayer(layer, file.path, specifier);
  const folder = OUTSIDE.find((name) => file.path.startsWith(`${name}/`));
  return folder === undefined ? null : judgeOutside(folder, file.path, specifier);
}

/** Imports against the table of layers, whatever their form; also folders of `src` that the table does not know. */
export function layerFindings(files: readonly SourceFile[]): Finding[] {
  const code = files.filter(isIn('src', ...OUTSIDE)).filter(isCode);
  const unknown = code.filter(
    ({ path }) => path.startsWith('src/') && !Object.hasOwn(LAYERS, layerOf(path) ?? ''),
  );
  return [
    ...nothingSeen(code, 'code in src'),
    ...unknown.map(({ path }) => ({ path, line: 1, message: 'is in no layer that the table knows' })),
    ...code.flatMap((file) =>
      importsOf(file).flatMap(({ specifier, offset }) => {
        const message = judge(file, specifier);
        return message === null ? [] : [{ path: file.path, line: lineAt(file.text, offset), message }];
      }),
    ),
  ];
}

interface TsConfig {
  readonly references?: readonly { readonly path: string }[];
}

/** The compiler enforces what the tsconfig files say, so they must say what the table says. */
export function referenceFindings(files: readonly SourceFile[]): Finding[] {
  const configs = files.filter(({ path }) => /^src\/[^/]+\/tsconfig\.json$/.test(path));
  const findings = configs.flatMap(({ path, text }) => {
    const { references = [] } = JSON.parse(text) as TsConfig;
    const listed = references.map((reference) => posix.basename(reference.path)).sort();
    const wanted = [...(LAYERS[layerOf(path) ?? ''] ?? [])].sort();
    if (listed.join() === wanted.join()) return [];
    return [
      { path, line: 1, message: `references ${listed.join(', ')}; the table says ${wanted.join(', ')}` },
    ];
  });
  const missing = Object.keys(LAYERS).filter((layer) => !configs.some(({ path }) => layerOf(path) === layer));
  return [
    ...nothingSeen(configs, 'tsconfig.json of a layer'),
    ...findings,
    ...missing.map((layer) => ({
      path: `src/${layer}`,
      line: 1,
      message: 'has no tsconfig.json of its own',
    })),
  ];
}
