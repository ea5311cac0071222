import { z } from 'zod';
import { databaseEnv, httpEnv, kafkaEnv, secret } from '../platform/config.ts';

export const dlqEnv = {
  ...httpEnv(8080),
  ...kafkaEnv,
  ...databaseEnv,
  /** How many proxies before this server may tell the operator's address. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  OPERATOR_USERNAME: z.string().default('operator'),
  OPERATOR_PASSWORD: secret(z.string().min(8)),
  /** Signs the sessions. */
  SESSION_SECRET: secret(z.string().min(16)),
};

/** Of the command `prepare-stores`: the plan, and the folder with the Secrets. */
export const storesEnv = { STORES_PLAN: z.string(), STORES_SECRETS: z.string() };
