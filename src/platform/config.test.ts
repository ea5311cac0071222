import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, databaseEnv, kafkaEnv, readConfig, redisEnv, secret, serviceEnv } from './config.ts';
import { Secret } from './secret.ts';
import { SecretFile } from '../../tests/secret-file.ts';

const shape = {
  ...serviceEnv,
  ...kafkaEnv,
  ...databaseEnv,
  ...redisEnv,
  SECRET: secret(z.string().min(32, 'at least 32 characters')),
};
const valid = {
  KAFKA_BROKERS: 'a:9092, b:9092',
  DATABASE_HOST: 'db',
  DATABASE_NAME: 'game_db',
  DATABASE_USER: 'game',
  REDIS_NODES: 'r:6379',
  SECRET: 'x'.repeat(32),
};
const problemOf = (env: NodeJS.ProcessEnv): string => {
  try {
    readConfig(shape, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

test('what is given is parsed, the rest has its default, and an empty variable counts as absent', () => {
  const config = readConfig(shape, { ...valid, KAFKA_TLS: 'true', DATABASE_PORT: '', REDIS_PASSWORD: '', OTHER: 'x' });
  expect(config).toMatchObject({
    KAFKA_BROKERS: ['a:9092', 'b:9092'],
    KAFKA_TLS: true,
    DATABASE_PORT: 5432,
    LOG_LEVEL: 'info',
  });
  expect(config.REDIS_PASSWORD).toBeUndefined();
  expect(config).not.toHaveProperty('OTHER');
});

test('every problem is told at once, by the name of its variable, and never with its value', () => {
  const secret = 'hunter2-hunter2';
  const problem = problemOf({
    ...valid,
    SECRET: secret,
    KAFKA_BROKERS: `${secret}@broker`,
    KAFKA_TLS: secret,
    DATABASE_HOST: '',
    DATABASE_PORT: secret,
    DATABASE_TLS: secret,
    DATABASE_POOL_MAX: '100000',
    REDIS_MODE: secret,
    LOG_LEVEL: secret,
    MANAGEMENT_PORT: '70000',
  });
  const told = [...problem.matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name);
  expect(new Set(told)).toEqual(
    new Set([
      'SECRET',
      'KAFKA_BROKERS',
      'KAFKA_TLS',
      'DATABASE_HOST',
      'DATABASE_PORT',
      'DATABASE_TLS',
      'DATABASE_POOL_MAX',
      'REDIS_MODE',
      'LOG_LEVEL',
      'MANAGEMENT_PORT',
    ]),
  );
  expect(problem).toContain('DATABASE_HOST: is required');
  expect(problem).toContain('SECRET: at least 32 characters');
  expect(problem).not.toContain(secret);
});

describe('a secret in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'idempo-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = new SecretFile(join(folder, 'secret'), 'a'.repeat(32));
  const env = { ...valid, SECRET: '', SECRET_FILE: file.path };

  test('stands for the variable, without the end of its line; the variable counts when there are both', () => {
    file.write(`${'a'.repeat(32)}\n`);
    expect(readConfig(shape, env).SECRET.all).toEqual(['a'.repeat(32)]);
    expect(readConfig(shape, { ...env, SECRET: 'b'.repeat(32) }).SECRET.all).toEqual(['b'.repeat(32)]);
  });

  test('may change while the process runs, and beside it be the one before or after; what is not valid is not taken', () => {
    const { SECRET } = readConfig(shape, env);
    const now = jest.spyOn(performance, 'now');
    const aSecondPasses = () => now.mockReturnValue(performance.now() + 1001);
    file.write('b'.repeat(32), 'a'.repeat(32));
    aSecondPasses();
    expect(SECRET.all).toEqual(['b'.repeat(32), 'a'.repeat(32)]);
    file.write('short');
    aSecondPasses();
    expect(SECRET.all).toEqual(['b'.repeat(32), 'a'.repeat(32)]);
    file.write('c'.repeat(32));
    aSecondPasses();
    expect(SECRET.current).toBe('c'.repeat(32));
    now.mockRestore();
  });

  test('of which something is wrong is a problem of its variable', () => {
    file.write('short');
    expect(problemOf(env)).toContain('SECRET: at least 32 characters');
    expect(problemOf({ ...env, SECRET_FILE: join(folder, 'nothing') })).toMatch(/SECRET: ENOENT/);
    expect(problemOf({ ...env, KAFKA_BROKERS: '', KAFKA_BROKERS_FILE: file.path })).toContain('KAFKA_BROKERS: ');
  });
});

describe('what is offered to somebody who knows one of two values', () => {
  const signIn = (secret: Secret, known: string): number => {
    for (let attempt = 1; attempt < 4; attempt++) {
      const { offer } = secret;
      if (offer === known) return attempt;
      secret.refuse(offer);
    }
    return Infinity;
  };

  test('is the other after one was refused, and from then on the one that was taken', () => {
    const secret = new Secret(() => ['new', 'old']);
    expect([signIn(secret, 'old'), signIn(secret, 'old')]).toEqual([2, 1]);
    expect([signIn(secret, 'new'), signIn(secret, 'new')]).toEqual([2, 1]);
  });

  test('is the only one, whatever was refused', () => {
    const secret = new Secret(() => ['only']);
    expect(secret.refuse('only')).toBe(false);
    expect(secret.offer).toBe('only');
  });
});
