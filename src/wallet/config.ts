import { z } from 'zod';
import { databaseEnv, httpEnv, kafkaEnv, serviceUrls } from '../platform/config.ts';

export const walletEnv = {
  ...httpEnv(4002),
  ...kafkaEnv,
  ...databaseEnv,
  /** Asked to record as expired what never arrived. */
  GAME_URLS: serviceUrls,
  /** How long a stamp is kept for an action of which nothing is heard, until game is asked. */
  STAMP_RESERVATION_SECONDS: z.coerce.number().int().min(1).max(86_400).default(60),
};
