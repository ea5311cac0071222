import { errorStatus, type ErrorCode } from '../contracts/errors.ts';

/** An error that a client is told: the code is stable, `detail` says what is wrong and what to do. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, detail: string, options: { retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}

/** Something this process depends on is away; what was asked may be tried again, and nothing is wrong with it. */
export class UnavailableError extends Error {
  override name = 'UnavailableError';
}

const awayCodes = new Set([
  // The network and the system: no connection, a broken one, no name, no more open files.
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTCONN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EMFILE',
  'ENFILE',
  // Node's streams, after their connection has gone.
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_SOCKET_CLOSED',
  // A certificate that has expired or is being changed.
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  // PostgreSQL: a serialization failure, a deadlock, an outcome that is not known, read-only after a failover, lock,
  // statement and transaction time-outs, a database that is not there (yet).
  '40001',
  '40003',
  '40P01',
  '25006',
  '25P03',
  '25P04',
  '55P03',
  '3D000',
]);
/** PostgreSQL's classes: connection, sign-in (a password is being changed), resources (disk, memory), intervention, system. */
const awayClasses = /^(08|28|53|57|58)[0-9A-Z]{3}$/;
/** Codes of undici, which `fetch` is made of: time-outs and connections that end. */
const awayRequests = /^UND_ERR_(SOCKET|CLOSED|DESTROYED|ABORTED|\w*TIMEOUT)$/;
/** Time-outs of `AbortSignal`, and of ioredis. */
const awayNames = new Set(['TimeoutError', 'AbortError', 'MaxRetriesPerRequestError', 'ClusterAllFailedError']);
/** Answers of a Redis that is starting, full, or not the primary any more. */
const awayReplies = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|NOREPLICAS|MISCONF)\b/;
/** What pg and ioredis say without a code. */
const awayMessages = new RegExp(
  [
    'Connection terminated',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error',
    'Client was closed',
    'read timeout',
    'Cannot use a pool after calling end',
    'Command timed out',
    'Connection is closed',
    "isn't (writeable|ready) and enableOfflineQueue",
    'Too many Cluster redirections',
    'Failed to refresh slots cache',
  ].join('|'),
  'i',
);

/** Whether an error says that a store or broker is away or busy, and not that the work itself is at fault. */
export const isUnavailable = (error: unknown): boolean => {
  if (!Error.isError(error)) return false;
  if (error instanceof UnavailableError || error.name.startsWith('KafkaJS')) return true;
  if (error instanceof ApiError) return error.status === 503;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (awayCodes.has(code) || awayClasses.test(code) || awayRequests.test(code)) return true;
  if (awayNames.has(error.name) || awayReplies.test(error.message) || awayMessages.test(error.message)) return true;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isUnavailable);
  return error.cause !== undefined && isUnavailable(error.cause);
};
