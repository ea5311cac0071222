import { databaseEnv, kafkaEnv } from '../platform/config.ts';

export const combatEnv = { ...kafkaEnv, ...databaseEnv };
