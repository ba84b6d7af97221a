import { type Finding, isIn, lineAt, nothingSeen, type SourceFile } from './source.ts';

/** Spelled in parts, so that the rule does not find itself. */
const spelled = (...parts: readonly string[]): string => parts.join('');

const isGenerated = ({ path }: SourceFile): boolean => path === 'package-lock.json' || path === 'LICENSE';

function findAll(files: readonly SourceFile[], pattern: RegExp, say: (found: string) => string): Finding[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      message: say(match[1] ?? match[0]),
    })),
  );
}

const MARKERS = new RegExp(
  `\\b(${[spelled('TO', 'DO'), spelled('FIX', 'ME'), spelled('X', 'XX')].join('|')})\\b|(?:^|[^\\w])(${spelled('not ', 'implemented')}|${spelled('un', 'implemented')})\\b`,
  'g',
);

/** What is unfinished is finished, or stands in an issue. */
export function markerFindings(files: readonly SourceFile[]): Finding[] {
  // Vectors are data of others; letters in encoded audio mean nothing.
  const own = files.filter((file) => !isGenerated(file) && !isIn('test/vectors')(file));
  return [
    ...nothingSeen(own, 'any'),
    ...findAll(own, MARKERS, (found) => `has a mark of unfinished work (${found})`),
  ];
}

const HOME_FOLDERS = ['work', 'root', 'home/[a-z]+', 'Users/\\w+', 'tmp/briefs'];
const MACHINE_PATH = new RegExp(
  `(?:^|[\\s"'\`(=:,\\[])(/(?:${HOME_FOLDERS.join('|')})(?=[/\\s"'\`),\\]]|$))`,
  'gm',
);

const REGISTRIES = [
  ['registry.', 'npmjs.', 'org'],
  ['registry.', 'yarnpkg.', 'com'],
  ['deb.', 'debian.', 'org'],
  ['security.', 'debian.', 'org'],
  ['files.', 'pythonhosted.', 'org'],
  ['proxy.', 'golang.', 'org'],
  ['index.', 'crates.', 'io'],
].map((parts) => spelled(...parts));

const MAKERS = [
  spelled('Cla', 'ude'),
  spelled('Anth', 'ropic'),
  spelled('Chat', 'GPT'),
  spelled('Co', 'pilot'),
  spelled('C', 'EO'),
  spelled('work', 'place'),
  spelled('sub', 'agent'),
  spelled('AI[- ]', 'generated'),
  spelled('AI ', 'assistant'),
  spelled('coding ', 'agent'),
  spelled('steering ', 'repo'),
];

const escaped = (text: string): string => text.replaceAll('.', '\\.');

/** The registry that this machine uses may be a mirror whose name is nobody's business. */
function registriesHere(): string[] {
  const configured = process.env.npm_config_registry;
  return configured === undefined ? [] : [new URL(configured).host];
}

/** The tree tells what it is, not where or by what it was made. */
export function originFindings(files: readonly SourceFile[]): Finding[] {
  const own = files.filter((file) => !isGenerated(file));
  const hosts = new RegExp([...REGISTRIES, ...registriesHere()].map(escaped).join('|'), 'g');
  const words = new RegExp(`\\b(?:${MAKERS.join('|')})s?\\b`, 'gi');
  return [
    ...nothingSeen(own, 'any'),
    ...findAll(own, MACHINE_PATH, (found) => `names a folder of one machine (${found})`),
    ...findAll(own, hosts, (found) => `names the host of a registry (${found})`),
    ...findAll(own, words, (found) => `speaks of how it was made (${found})`),
  ];
}
