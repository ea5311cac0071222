import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root, services } from './bundle.ts';

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const unitNames = ['s', 'm', 'h', 'd'] as const;

/** `7d` → milliseconds. */
const age = z
  .string()
  .regex(/^\d+[smhd]$/)
  .transform((text) => {
    const unit = unitNames.find((name) => text.endsWith(name)) ?? 's';
    return Number(text.slice(0, -1)) * units[unit];
  });

const sizes = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 } as const;
const sizeNames = ['Ki', 'Mi', 'Gi'] as const;

/** `64Mi` → bytes. */
const size = z
  .string()
  .regex(/^\d+([KMG]i)?$/)
  .transform((text) => {
    const unit = sizeNames.find((name) => text.endsWith(name));
    return unit === undefined ? Number(text) : Number(text.slice(0, -2)) * sizes[unit];
  });

const topic = z.object({ partitions: z.number().int().min(1), retention: age, retentionBytes: size.optional() });
const database = z.object({ name: z.string(), roles: z.record(z.string(), z.unknown()) });
const service = z.object({
  workload: z.string(),
  ports: z.object({ http: z.number().optional() }).default({}),
  database: z.string().optional(),
  migrations: z.boolean().default(false),
  awaits: z.enum(services).optional(),
  kafka: z.boolean().default(false),
  redis: z.boolean().default(false),
});

const values = z.object({
  kafka: z.object({
    version: z.string(),
    topics: z.record(z.string(), topic),
    dlq: topic,
    users: z.record(z.string(), z.object({ reads: z.array(z.string()).default([]) })),
  }),
  databases: z.record(z.string(), z.unknown()).transform((all) =>
    // Beside the databases there are settings for all of them.
    Object.fromEntries(
      Object.entries(all).flatMap(([key, value]) => {
        const parsed = database.safeParse(value);
        return parsed.success ? [[key, parsed.data] as const] : [];
      }),
    ),
  ),
  economy: z.object({
    feePercent: z.number(),
    sagaStepSeconds: z.number(),
    tradesKeepMonths: z.number(),
    rewards: z.record(z.string(), z.unknown()),
    house: z.record(z.string(), z.unknown()),
  }),
  gateway: service,
  game: service.extend({ rules: z.record(z.string(), z.unknown()).default({}) }),
  combat: service,
  reward: service,
  wallet: service,
  inventory: service,
  marketplace: service,
  leaderboard: service,
  notification: service,
  dlq: service.extend({ operator: z.object({ username: z.string() }) }),
  bots: service.extend({ players: z.number(), demoPlayers: z.number() }),
  web: service,
});

/** What the embedded run takes from the chart's values.yaml, which alone says it. */
export type Values = z.infer<typeof values>;

export const readValues = (): Values => values.parse(parse(readFileSync(join(root, 'values.yaml'), 'utf8')));

export interface Topic {
  name: string;
  partitions: number;
  retentionMs: number;
  retentionBytes: number;
}

/** Every topic, and the dead letter queue of each. */
export const topicsOf = ({ kafka }: Values): Topic[] =>
  Object.entries(kafka.topics).flatMap(([name, settings]) =>
    [
      { name, ...settings },
      { ...kafka.dlq, name: `${name}.dlq` },
    ].map((each) => ({
      name: each.name,
      partitions: each.partitions,
      retentionMs: each.retention,
      retentionBytes: each.retentionBytes ?? -1,
    })),
  );

/** The PostgreSQL role behind `databases.<key>.roles.<name>`: the owner has a name of its own per database. */
export const roleName = (database: string, role: string): string => (role === 'owner' ? `${database}_owner` : role);
