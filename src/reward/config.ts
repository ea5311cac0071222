import { z } from 'zod';
import { kafkaEnv } from '../platform/config.ts';
import { rewardsSchema } from './rewards.ts';

const rewards = z
  .string()
  .default('{}')
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('is not JSON');
      return z.NEVER;
    }
  })
  .pipe(rewardsSchema);

export const rewardEnv = {
  ...kafkaEnv,
  /** What differs from the default rewards, as JSON. */
  REWARDS: rewards,
};
