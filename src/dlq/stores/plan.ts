import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** `job`: what is missing is made; `none`: it is only named. */
const manage = z.enum(['job', 'none']);
/** The environment by which a service finds the store, without whom it signs in as. */
const env = z.record(z.string(), z.string());

const kafka = z.object({
  manage,
  env,
  /** There is a Secret of somebody who may do more than a service. */
  admin: z.boolean(),
  replicas: z.number(),
  topics: z.record(z.string(), z.object({ partitions: z.number(), config: z.record(z.string(), z.string()) })),
  users: z.record(z.string(), z.object({ reads: z.array(z.string()), writes: z.array(z.string()) })),
});
export type KafkaPlan = z.infer<typeof kafka>;

const database = z.object({
  key: z.string(),
  manage,
  env,
  /** Name in the values → role. */
  roles: z.record(z.string(), z.string()),
});
export type DatabasePlan = z.infer<typeof database>;

/** The stores that are not the chart's own, and what has to be in them. */
const plan = z.object({
  kafka: kafka.nullable(),
  databases: z.array(database),
  redis: z.object({ env }).nullable(),
});
export type StoresPlan = z.infer<typeof plan>;

export const parsePlan = (text: string): StoresPlan => plan.parse(JSON.parse(text));

/** What Secrets say, each key a file; the folder is that of the store and of who signs in. */
export type ReadSecret = (folder: string, key: 'username' | 'password') => string;
export const secretsIn =
  (root: string): ReadSecret =>
  (folder, key) =>
    readFileSync(join(root, folder, key), 'utf8').trim();

/** What was done, and what somebody has to see to, in a sentence each. */
export interface Report {
  done(what: string): void;
  problem(what: string): void;
}

export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
