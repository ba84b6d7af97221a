/** What a client may ask for in `session_init.capabilities`; the ack lists what was granted. */
export const SESSION_CAPABILITIES = [
  'resume',
  'ack',
  'binary',
  'partials',
  'notices',
  'rooms',
  'errors',
  'pcm16',
  'opus',
] as const;
export type SessionCapability = (typeof SESSION_CAPABILITIES)[number];

/** What a node may declare in `node_register.advanced_features`; the ack lists what was granted. */
export const NODE_FEATURES = [
  'job_ack',
  'job_progress',
  'job_reject',
  'partials',
  'multi_target',
  'open_job',
  'drain',
  'audio:pcm16',
  'audio:opus',
] as const;
export type NodeFeature = (typeof NODE_FEATURES)[number];

/** The names among `asked` that we know; unknown ones are ignored, repeated ones count once [PRO11]. */
export const knownSessionCapabilities = (
  asked: readonly string[] | undefined,
): readonly SessionCapability[] => SESSION_CAPABILITIES.filter((name) => asked?.includes(name) ?? false);
export const knownNodeFeatures = (asked: readonly string[] | undefined): readonly NodeFeature[] =>
  NODE_FEATURES.filter((name) => asked?.includes(name) ?? false);
