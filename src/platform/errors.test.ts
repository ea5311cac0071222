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
  ['wrapped', new Error('failed', { cause: coded('ECONNREFUSED') }), true],
  ['all addresses refused', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), true],
  ['one of several is a bug', new AggregateError([coded('ECONNREFUSED'), new TypeError('x')]), false],
  ['a unique violation', coded('23505'), false],
  ['a value that PostgreSQL cannot store', coded('22P05'), false],
  ['permission denied', coded('42501'), false],
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
