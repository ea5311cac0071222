import { expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { errorStatus, type ErrorCode } from '../contracts/errors.ts';
import { ApiError, isUnavailable, UnavailableError } from './errors.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each<[string, unknown, boolean]>([
  ['our own', new UnavailableError('Kafka did not confirm'), true],
  ['kafkajs', new kafkajs.KafkaJSNumberOfRetriesExceeded(new Error('x'), { retryCount: 1, retryTime: 1 }), true],
  ['refused', coded('ECONNREFUSED'), true],
  ['reset', coded('ECONNRESET'), true],
  ['no such name for now', coded('EAI_AGAIN'), true],
  ['PostgreSQL shuts down', coded('57P01'), true],
  ['PostgreSQL starts', coded('57P03'), true],
  ['too many connections', coded('53300'), true],
  ['a connection failure', coded('08006'), true],
  ['serialization', coded('40001'), true],
  ['deadlock', coded('40P01'), true],
  ['read-only after a failover', coded('25006'), true],
  ['a statement that takes too long', new Error('Query read timeout'), true],
  ['no free connection', new Error('timeout exceeded when trying to connect'), true],
  ['the connection ended', new Error('Connection terminated unexpectedly'), true],
  ['the disk is full', coded('53100'), true],
  ['out of memory', coded('53200'), true],
  ['the disk cannot be read', coded('58030'), true],
  ['the password is being changed', coded('28P01'), true],
  ['the database is being restored', coded('3D000'), true],
  ['a transaction that takes too long', coded('25P04'), true],
  ['nobody knows whether it was committed', coded('40003'), true],
  ['the pool is closed', new Error('Cannot use a pool after calling end on the pool'), true],
  ['too many open files', coded('EMFILE'), true],
  ['no answer to a request in time', coded('UND_ERR_HEADERS_TIMEOUT'), true],
  ['fetch', new TypeError('fetch failed', { cause: coded('UND_ERR_CONNECT_TIMEOUT') }), true],
  ['a request that is not what it should be', coded('UND_ERR_INVALID_ARG'), false],
  ['a signal that timed out', Object.assign(new Error('x'), { name: 'TimeoutError' }), true],
  ['a stream that has ended', coded('ERR_STREAM_DESTROYED'), true],
  ['a certificate that has expired', coded('CERT_HAS_EXPIRED'), true],
  ['Redis does not answer', new Error('Command timed out'), true],
  ['Redis is away', new Error("Stream isn't writeable and enableOfflineQueue options is false"), true],
  ['Redis starts', new Error('LOADING Redis is loading the dataset in memory'), true],
  ['Redis is asked wrongly', new Error('WRONGTYPE Operation against a key'), false],
  ['a service that is away', new ApiError('UNAVAILABLE', 'busy'), true],
  ['an open breaker', new ApiError('CIRCUIT_OPEN', 'open'), true],
  ['wrapped', new Error('failed', { cause: coded('ECONNREFUSED') }), true],
  ['all addresses refused', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), true],
  ['one of several is a bug', new AggregateError([coded('ECONNREFUSED'), new TypeError('x')]), false],
  ['a unique violation', coded('23505'), false],
  ['a value that PostgreSQL cannot store', coded('22P05'), false],
  ['permission denied', coded('42501'), false],
  ['a check that does not hold', coded('23514'), false],
  ['a table that is not there', coded('42P01'), false],
  ['after a failure in the same transaction', coded('25P02'), false],
  ['a bug', new TypeError('x is not a function'), false],
  ['what a client is told', new ApiError('COOLDOWN', 'wait'), false],
  ['no error at all', 'ECONNREFUSED', false],
  ['nothing', undefined, false],
])('%s', (_name, error, away) => {
  expect(isUnavailable(error)).toBe(away);
});

test('every code has its status', () => {
  for (const [code, status] of Object.entries(errorStatus)) {
    expect(new ApiError(code as ErrorCode, 'x').status).toBe(status);
  }
});
