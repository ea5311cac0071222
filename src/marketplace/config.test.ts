import { expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../platform/config.ts';
import { marketplaceEnv } from './config.ts';

const required = {
  KAFKA_BROKERS: 'localhost:9092',
  DATABASE_HOST: 'localhost',
  DATABASE_NAME: 'marketplace_db',
  DATABASE_USER: 'marketplace',
  WALLET_URLS: 'http://localhost:4002',
  INVENTORY_URLS: 'http://localhost:4003',
};
const read = (env: Record<string, string>) => readConfig(marketplaceEnv, { ...required, ...env });

test('without more the house sells a few of each kind and keeps 5 %', () => {
  expect(read({})).toMatchObject({
    FEE_PERCENT: 5,
    SAGA_STEP_SECONDS: 10,
    HOUSE: { iron_sword: { listings: 3, price: 150 }, rare_sword_01: { listings: 1, price: 2500 } },
  });
  expect(read({ HOUSE: '{"steel_sword": {"listings": 1, "price": 5}}' }).HOUSE).toEqual({
    steel_sword: { listings: 1, price: 5 },
  });
  expect(read({ HOUSE: '{}' }).HOUSE).toEqual({});
});

test.each([
  ['HOUSE', 'a few'],
  ['HOUSE', '{"wooden_sword": {"listings": 1, "price": 5}}'],
  ['HOUSE', '{"iron_sword": {"listings": 1, "price": 0}}'],
  ['FEE_PERCENT', '101'],
  ['FEE_PERCENT', '2.5'],
  ['SAGA_STEP_SECONDS', '0'],
])('refused: %s=%s', (name, value) => {
  expect(() => read({ [name]: value })).toThrow(ConfigError);
});
