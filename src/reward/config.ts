import { json, kafkaEnv } from '../platform/config.ts';
import { rewardsSchema } from './rewards.ts';

export const rewardEnv = {
  ...kafkaEnv,
  /** What differs from the default rewards, as JSON. */
  REWARDS: json(rewardsSchema, '{}'),
};
