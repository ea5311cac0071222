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
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  // PostgreSQL: shutting down, crashed, starting, too many connections, serialization failure, deadlock, read-only after a failover, lock and statement time-outs
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '40001',
  '40P01',
  '25006',
  '55P03',
  '57014',
]);
const awayMessages =
  /Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|read timeout/i;

/** Whether an error says that a store or broker is away or busy, and not that the work itself is at fault. */
export const isUnavailable = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error instanceof UnavailableError || error.name.startsWith('KafkaJS')) return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (awayCodes.has(code) || code.startsWith('08') || awayMessages.test(error.message)) return true;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isUnavailable);
  return error.cause !== undefined && isUnavailable(error.cause);
};
