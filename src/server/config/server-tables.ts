import { Type } from 'typebox';
import { between, choice, flag, HOUR_MS, secret, table, text, texts, whole } from './key-kinds.ts';

export const ServerTable = table('Where the scheduler listens and how it goes down.', {
  host: text(
    '127.0.0.1',
    'Address to listen on; 0.0.0.0 = all. Beyond this machine (127.0.0.1, ::1, localhost) tokens are needed, see auth.',
  ),
  port: whole(5010, between(0, 65_535), 'Listen port; 0 takes a free one.'),
  origins: texts(
    'Web origins whose pages may open sockets, such as "https://app.example"; pages of this machine always may.',
  ),
  insecure: flag(false, 'Serve other machines although not every kind of peer needs a token.'),
  drain_ms: whole(
    20_000,
    between(0, HOUR_MS),
    'How long open sessions may finish after SIGTERM, milliseconds.',
  ),
});

export const LogTable = table('The log: JSON lines on standard error, never with texts, audio or tokens.', {
  level: choice('info', ['debug', 'info', 'warn', 'error'], 'The least level that is written.'),
});

export const Token = Type.String({ minLength: 16, maxLength: 256, pattern: '^[A-Za-z0-9._~+-]+$' });
const Name = Type.String({ minLength: 1, maxLength: 256 });

export const TokenTable = Type.Object(
  {
    token: Token,
    tenant: Type.Optional(Name),
    subject: Type.Optional(Name),
    scopes: Type.Optional(Type.Array(Name, { maxItems: 16 })),
  },
  { additionalProperties: false },
);

/** What a browser may put into a subprotocol, and too long to be guessed. */
const TOKENS =
  'a list of tokens: each 16 to 256 letters, digits or any of . _ ~ + -, or {token, tenant, subject, scopes}';

const tokens = (whose: string) =>
  table(`Tokens of ${whose}.`, {
    tokens: secret({
      ...Type.Array(Type.Union([Token, TokenTable]), {
        default: [],
        maxItems: 1000,
        description:
          'One of these must be shown by each; with none of them nobody is asked. A text of 16 to 256 letters, digits or any of . _ ~ + -, or { token = "…", tenant = "…", subject = "…", scopes = ["priority"] }; the tenant is "default" unless named.',
      }),
      'x-expected': TOKENS,
      'x-entries': 'tokens',
    }),
  });

export const AuthTable = table(
  'Who may connect. A token of each kind, or server.insecure, before the scheduler listens beyond this machine.',
  {
    session: tokens('clients'),
    node: tokens('nodes'),
    admin: tokens('operators'),
  },
);

export const ModelHubTable = table('The catalogue of service packages.', {
  base_url: text(
    'http://localhost:5000',
    'Address of the model hub; the environment variable MODEL_HUB_URL wins.',
  ),
  storage_path: text('./models', 'Folder for what is fetched from the hub.'),
});
