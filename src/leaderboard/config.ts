import { databaseEnv, httpEnv, kafkaEnv, redisEnv } from '../platform/config.ts';

export const leaderboardEnv = { ...httpEnv(4005), ...kafkaEnv, ...databaseEnv, ...redisEnv };
