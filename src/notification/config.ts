import { z } from 'zod';
import { databaseEnv, httpEnv, kafkaEnv, redisEnv } from '../platform/config.ts';

export const notificationEnv = {
  ...httpEnv(4006),
  ...kafkaEnv,
  ...databaseEnv,
  ...redisEnv,
  /** The public keys of access tokens: the gateway's /api/auth/jwks. */
  JWKS_URL: z.url({ protocol: /^https?$/ }),
};
