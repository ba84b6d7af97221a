import { CLOSE_CODES, type CloseCode } from './close-codes.ts';

/** Who has to change something so that it does not happen again. */
export type Fault = 'client' | 'node' | 'server' | 'nobody';

interface Entry {
  /** Set where the fault ends the connection. */
  readonly closeCode?: CloseCode;
  /** Set where the fault is answered over HTTP, or refuses the upgrade. */
  readonly httpStatus?: number;
  /** Trying again (later, or on another node) may help. */
  readonly retryable: boolean;
  readonly fault: Fault;
  readonly hintEn: string;
  readonly hintZh: string;
}

const client = (hintEn: string, hintZh: string, more: Partial<Entry> = {}): Entry => ({
  retryable: false,
  fault: 'client',
  hintEn,
  hintZh,
  ...more,
});
const node = (hintEn: string, hintZh: string, more: Partial<Entry> = {}): Entry => ({
  retryable: true,
  fault: 'node',
  hintEn,
  hintZh,
  ...more,
});
const server = (hintEn: string, hintZh: string, more: Partial<Entry> = {}): Entry => ({
  retryable: true,
  fault: 'server',
  hintEn,
  hintZh,
  ...more,
});
const nobody = (hintEn: string, hintZh: string, more: Partial<Entry> = {}): Entry => ({
  retryable: true,
  fault: 'nobody',
  hintEn,
  hintZh,
  ...more,
});

const entries = {
  // Messages and audio
  INVALID_MESSAGE: client(
    'The message is malformed; the text names the field.',
    '消息格式不正确，请查看所指字段。',
    {
      httpStatus: 400,
    },
  ),
  INVALID_AUDIO: client('The audio cannot be decoded.', '音频无法解码。'),
  UNSUPPORTED_LANGUAGE: client('This language is not supported.', '不支持该语言。'),
  UNSUPPORTED_FEATURE: client('This feature is not available.', '该功能不可用。'),
  TOO_LONG: client('The utterance is too long.', '语句过长。'),
  FRAME_TOO_BIG: client('The message is too big.', '消息过大。', {
    closeCode: CLOSE_CODES.tooBig,
    httpStatus: 413,
  }),
  AUDIO_SHED: server(
    'Audio came faster than it could be taken; some of it was dropped.',
    '音频到达过快，部分已被丢弃。',
  ),
  CONTROL_FLOOD: client('Too many control messages at once.', '控制消息过多。', {
    closeCode: CLOSE_CODES.policy,
    retryable: true,
  }),
  RATE_LIMITED: client('Too many requests; slow down.', '请求过于频繁，请放慢速度。', {
    closeCode: CLOSE_CODES.rateLimit,
    httpStatus: 429,
    retryable: true,
  }),
  SLOW_READER: client('Messages were not read fast enough.', '消息读取过慢。', {
    closeCode: CLOSE_CODES.slowReader,
    retryable: true,
  }),
  HANDSHAKE_TIMEOUT: client('No first message arrived in time.', '未在规定时间内收到首条消息。', {
    closeCode: CLOSE_CODES.deadline,
    retryable: true,
  }),
  PING_TIMEOUT: nobody('The connection stopped answering.', '连接已无响应。', {
    closeCode: CLOSE_CODES.deadline,
  }),

  // Who one is
  UNAUTHENTICATED: client('A valid token is required.', '需要有效的令牌。', {
    closeCode: CLOSE_CODES.unauthenticated,
    httpStatus: 401,
  }),
  FORBIDDEN: client('This token does not allow that.', '该令牌无此权限。', {
    closeCode: CLOSE_CODES.forbidden,
    httpStatus: 403,
  }),
  ORIGIN_REFUSED: client('Pages of this origin may not connect.', '不允许来自该来源的页面连接。', {
    closeCode: CLOSE_CODES.policy,
    httpStatus: 403,
  }),
  IDENTITY_MISMATCH: client('The id does not belong to this connection.', '该标识不属于此连接。', {
    closeCode: CLOSE_CODES.policy,
  }),
  IDENTITY_REPLACED: nobody('A newer connection took over.', '已被新的连接取代。', {
    closeCode: CLOSE_CODES.replaced,
    retryable: false,
  }),

  // Sessions
  INVALID_SESSION: client('The session does not exist.', '会话不存在。'),
  SESSION_CLOSED: nobody('The session has ended.', '会话已结束。', { retryable: false }),
  RESUME_EXPIRED: nobody(
    'The session can no longer be resumed; start anew.',
    '会话已无法恢复，请重新开始。',
    {
      retryable: false,
    },
  ),
  INVALID_PAIRING_CODE: client('The pairing code is wrong or has expired.', '配对码错误或已过期。'),

  // Jobs
  NO_CAPACITY: server('All nodes are busy; please wait.', '所有节点繁忙，请稍候。', { httpStatus: 503 }),
  NO_AVAILABLE_NODE: server('No node can do this at present.', '目前没有可用节点。', { httpStatus: 503 }),
  NODE_UNAVAILABLE: server('The node could not be reached; please retry.', '节点不可用，请重试。'),
  JOB_TIMEOUT: node('The task took too long.', '任务超时。'),
  PROCESSING_ERROR: node('The node failed to process the audio.', '节点处理音频失败。'),
  MODEL_NOT_AVAILABLE: node('A model is not available on the node.', '节点上的模型不可用。'),
  MODEL_LOAD_FAILED: node('A model could not be loaded.', '模型加载失败。'),
  MODEL_VERIFY_FAILED: node('A model failed its check.', '模型校验失败。'),
  MODEL_CORRUPTED: node('A model file is damaged.', '模型文件已损坏。'),
  NMT_TIMEOUT: node('The translation took too long.', '翻译超时。'),
  TTS_TIMEOUT: node('The speech synthesis took too long.', '语音合成超时。'),
  WS_DISCONNECTED: node('The node lost its connection.', '节点连接已断开。'),
  NODE_OVERLOADED: node('The node is overloaded.', '节点过载。'),

  // Rooms
  ROOM_NOT_FOUND: client('There is no such room.', '房间不存在。'),
  ALREADY_IN_ROOM: client('Already in this room.', '已在该房间中。'),
  INVALID_ROOM_CODE: client('The room code is not valid.', '房间号无效。'),
  ROOM_FULL: nobody('The room is full.', '房间已满。'),

  // Nodes
  INVALID_CAPABILITY_SCHEMA: node(
    'Update the agent: capability_schema_version 2.0 is required.',
    '请更新节点程序：需要能力格式版本 2.0。',
    {
      closeCode: CLOSE_CODES.nodeRefused,
    },
  ),
  NO_GPU_AVAILABLE: node('The node lists no GPU.', '节点未列出 GPU。', {
    closeCode: CLOSE_CODES.nodeRefused,
  }),
  NODE_ID_CONFLICT: node('Two nodes use the same id.', '两个节点使用了相同的标识。', {
    closeCode: CLOSE_CODES.nodeRefused,
  }),
  NODE_REFUSED: node('The node was not accepted.', '节点未被接受。', { closeCode: CLOSE_CODES.nodeRefused }),

  // The server itself
  INTERNAL_ERROR: server('Something went wrong on our side.', '服务器内部错误。', {
    closeCode: CLOSE_CODES.internal,
    httpStatus: 500,
  }),
  DRAINING: nobody('This server is restarting; connect again.', '服务器正在重启，请重新连接。', {
    closeCode: CLOSE_CODES.restart,
    httpStatus: 503,
  }),
  SCHEDULER_DEPENDENCY_DOWN: server('A part the server relies on is away.', '服务器依赖的组件不可用。', {
    httpStatus: 503,
  }),

  // HTTP
  INVALID_REQUEST: client('The request is malformed.', '请求格式不正确。', { httpStatus: 400 }),
  NOT_FOUND: client('There is nothing at this address.', '该地址不存在。', { httpStatus: 404 }),
  METHOD_NOT_ALLOWED: client('This method is not allowed here.', '不允许使用该方法。', { httpStatus: 405 }),
  NOT_READY: server('The server is not ready yet.', '服务器尚未就绪。', { httpStatus: 503 }),
  CLUSTER_DISABLED: nobody('This server runs as a single instance.', '服务器以单实例模式运行。', {
    httpStatus: 503,
    retryable: false,
  }),
} as const satisfies Readonly<Record<string, Entry>>;

export type ErrorCode = keyof typeof entries;

/**
 * One fault by its code: what happens to the connection, whether trying again helps, who has to act, and one
 * sentence for people in English and Chinese. Source: docs/errors.md, which lists the same rows [PRO8].
 */
export interface CatalogueEntry extends Entry {
  readonly code: ErrorCode;
}

/** Every code we ever say, or know from nodes. A code is never used again for something else. */
export const ERRORS: Readonly<Record<ErrorCode, CatalogueEntry>> = Object.fromEntries(
  Object.entries(entries).map(([code, entry]) => [code, { code, ...entry }]),
) as Record<ErrorCode, CatalogueEntry>;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(entries, code);

const CLIENTS_FAULT: ReadonlySet<string> = new Set<ErrorCode>([
  'INVALID_AUDIO',
  'UNSUPPORTED_LANGUAGE',
  'UNSUPPORTED_FEATURE',
  'TOO_LONG',
]);
/**
 * Whether a node's failure code blames what the client sent, so that no other node could do better. Every other
 * code of a node, an unknown one too, is worth another node. Source: small print 33 [PRO10].
 */
export const isClientsFault = (code: string): boolean => CLIENTS_FAULT.has(code);
