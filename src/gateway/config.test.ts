import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { readConfig } from '../platform/config.ts';
import { gatewayEnv } from './config.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const needed = {
  DATABASE_HOST: 'db',
  DATABASE_NAME: 'game_db',
  DATABASE_USER: 'gateway',
  REDIS_NODES: 'redis:6379',
  GAME_ENDPOINTS: 'dns://game:4001',
  WALLET_ENDPOINTS: 'http://wallet:4002',
  INVENTORY_ENDPOINTS: 'http://inventory:4003',
  MARKETPLACE_ENDPOINTS: 'http://marketplace:4004',
  LEADERBOARD_ENDPOINTS: 'http://leaderboard:4005',
  NOTIFICATION_ENDPOINTS: 'dns://notification:4006',
  JWT_PRIVATE_KEY: privatePem,
};

test('what is needed is enough', () => {
  expect(readConfig(gatewayEnv, needed)).toMatchObject({
    HTTP_PORT: 4000,
    CORS_ORIGINS: [],
    TRUSTED_PROXIES: 0,
    RATE_LIMIT_PLAYER: { points: 300, seconds: 10 },
  });
});

test('keys may have their line ends escaped', () => {
  const env = {
    ...needed,
    JWT_PRIVATE_KEY: privatePem.replaceAll('\n', '\\n'),
  };
  expect(readConfig(gatewayEnv, env).JWT_PRIVATE_KEY.current).toBe(privatePem);
});

test('everything that is wrong is listed, and no value', () => {
  const env = {
    ...needed,
    JWT_PRIVATE_KEY: 'secret',
    GAME_ENDPOINTS: 'game:4001',
    RATE_LIMIT_ADDRESS: '10 per second',
    CORS_ORIGINS: 'https://a.example/path',
    SESSION_DAYS: '0',
  };
  const problems = () => readConfig(gatewayEnv, env);
  for (const name of ['JWT_PRIVATE_KEY', 'GAME_ENDPOINTS', 'RATE_LIMIT_ADDRESS', 'CORS_ORIGINS', 'SESSION_DAYS']) {
    expect(problems).toThrow(name);
  }
  expect(problems).not.toThrow('secret');
});
