import { databaseEnv, httpEnv, kafkaEnv } from '../platform/config.ts';

export const inventoryEnv = { ...httpEnv(4003), ...kafkaEnv, ...databaseEnv };
