import { between, choice, flag, HOUR_MS, secret, table, text, texts, whole } from './key-kinds.ts';

export const ServerTable = table('Where the scheduler listens and how it goes down.', {
  host: text(
    '127.0.0.1',
    'Address to listen on. This version serves loopback only: 127.0.0.1, ::1 or localhost.',
  ),
  port: whole(5010, between(0, 65_535), 'Listen port; 0 takes a free one.'),
  origins: texts(
    'Web origins whose pages may open sockets, such as "https://app.example"; pages of this machine always may.',
  ),
  insecure: flag(false, 'Serve other machines without tokens.'),
  drain_ms: whole(
    20_000,
    between(0, HOUR_MS),
    'How long open sessions may finish after SIGTERM, milliseconds.',
  ),
});

export const LogTable = table('The log: JSON lines on standard error, never with texts, audio or tokens.', {
  level: choice('info', ['debug', 'info', 'warn', 'error'], 'The least level that is written.'),
});

const tokens = (whose: string) =>
  table(`Tokens of ${whose}.`, {
    tokens: secret(texts('One of these must be shown by whoever connects; empty = none can.')),
  });

export const AuthTable = table('Who may connect once other machines can.', {
  session: tokens('clients'),
  node: tokens('nodes'),
  admin: tokens('operators'),
});

export const ModelHubTable = table('The catalogue of service packages.', {
  base_url: text(
    'http://localhost:5000',
    'Address of the model hub; the environment variable MODEL_HUB_URL wins.',
  ),
  storage_path: text('./models', 'Folder for what is fetched from the hub.'),
});
