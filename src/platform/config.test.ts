import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, databaseEnv, kafkaEnv, readConfig, redisEnv, serviceEnv } from './config.ts';

const shape = {
  ...serviceEnv,
  ...kafkaEnv,
  ...databaseEnv,
  ...redisEnv,
  SECRET: z.string().min(32, 'at least 32 characters'),
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
