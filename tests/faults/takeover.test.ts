import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Partitioners } from 'kafkajs';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import { topicsOf, readValues } from '../../scripts/lib/values.ts';
import type { Platform, Replica } from '../../scripts/lib/platform.ts';
import { ActionId, type MatchId } from '../../src/contracts/ids.ts';
import { startTestPlatform } from '../platform.ts';
import { say } from '../platform/random.ts';
import { unlimited } from '../platform/settings.ts';
import { until } from '../platform/table.ts';

// Real: everything. A player on each partition of player-actions acts ten times a second, come what may.
const rules = {
  maxPlayers: 2,
  lobbySeconds: 5,
  matchSeconds: 3600,
  cooldownMs: { move: 0, attack: 0, collect: 0, defend: 0 },
};
const everyMs = 100;

/** One action, and when its player had the answer and saw it happen. Times in ms since the epoch. */
interface Probe {
  sentAt: number;
  answeredAt?: number;
  seenAt?: number;
}
interface Prober {
  player: PlayerClient;
  matchId: MatchId;
  probes: Map<string, Probe>;
}

let platform: Platform;
let api: ApiClient;
let probers: Prober[] = [];
let timer: NodeJS.Timeout;
const trouble: string[] = [];

const partitionOf = Partitioners.DefaultPartitioner();
const partitions = topicsOf(readValues()).find(({ name }) => name === 'player-actions')?.partitions ?? 0;
const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [1],
  isr: [1],
}));

beforeAll(async () => {
  platform = await startTestPlatform({ replicas: { game: 3, combat: 3 }, rules, env: unlimited });
  api = new ApiClient(platform.gatewayUrl);
  const players = new Map<number, PlayerClient>();
  while (players.size < partitions) {
    const player = await PlayerClient.guest(api);
    const message = { key: player.playerId, value: '' };
    players.set(partitionOf({ topic: 'player-actions', partitionMetadata, message }), player);
  }
  probers = await Promise.all([...players.values()].map((player) => beginToProbe(player)));
  timer = setInterval(() => {
    for (const prober of probers) void probe(prober);
  }, everyMs);
  await steady();
});
afterAll(async () => {
  clearInterval(timer);
  await api.close();
  await platform.stop();
});

const beginToProbe = async (player: PlayerClient): Promise<Prober> => {
  const { matchId } = await player.join();
  const probes = new Map<string, Probe>();
  await player.connect((socket) => {
    socket.on('match.action', ({ actionId }) => {
      const seen = probes.get(actionId);
      if (seen) seen.seenAt ??= Date.now();
    });
  });
  return { player, matchId, probes };
};

const probe = async ({ player, probes, matchId }: Prober): Promise<void> => {
  const actionId = ActionId.parse(randomUUID());
  const one: Probe = { sentAt: Date.now() };
  probes.set(actionId, one);
  try {
    for (;;) {
      const answer = await player.post({ type: 'defend' }, actionId, matchId);
      if (answer.status === 200) break;
      if (answer.status === 503) continue;
      if ('error' in answer.body && answer.body.error === 'MATCH_NOT_ACTIVE') break; // Still in the lobby.
      trouble.push(JSON.stringify(answer));
    }
    one.answeredAt = Date.now();
  } catch (error) {
    trouble.push(String(error));
  }
};

/** Waits until actions of every partition are answered, and seen, as fast as on any day. */
const steady = async (): Promise<void> => {
  await until(
    'all are answered and seen',
    () => {
      const now = Date.now();
      const fine = probers.every(({ probes }) => {
        const recent = [...probes.values()].filter(({ sentAt }) => sentAt > now - 2000 && sentAt < now - 500);
        return (
          recent.length > 5 &&
          recent.every(({ answeredAt, seenAt }) => answeredAt !== undefined && seenAt !== undefined)
        );
      });
      return fine ? true : undefined;
    },
    40_000,
  );
  for (const { probes } of probers) probes.clear();
};

/** For the one who waited longest: ms from `since` to the first answer, and to the first event seen, of an action sent after it. */
const takeover = async (since: number): Promise<{ answered: number; seen: number }> => {
  const first = (kind: 'answeredAt' | 'seenAt') => {
    const times = probers.map(({ probes }) =>
      Math.min(...[...probes.values()].filter(({ sentAt }) => sentAt >= since).map((one) => one[kind] ?? Infinity)),
    );
    return Math.max(...times) - since;
  };
  return until(
    'somebody else has taken over',
    () => {
      const [answered, seen] = [first('answeredAt'), first('seenAt')];
      return Number.isFinite(answered) && Number.isFinite(seen) ? { answered, seen } : undefined;
    },
    20_000,
  );
};

const measure = async (replica: Replica, how: 'SIGKILL' | 'SIGTERM') => {
  await steady();
  const since = Date.now();
  const ended = replica.process.kill(how);
  const took = await takeover(since);
  await ended;
  say(
    `${how} ${replica.name}: answered again after ${took.answered} ms, seen after ${took.seen} ms; ended after ${Date.now() - since} ms`,
  );
  await replica.process.start();
  return took;
};

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;

test.each(['combat', 'game'] as const)(
  'what a killed replica of %s had is taken over within 7 s',
  async (service) => {
    for (const replica of platform.of(service).slice(0, 2)) {
      const { answered, seen } = await measure(replica, 'SIGKILL');
      expect(answered).toBeLessThan(7000);
      expect(seen).toBeLessThan(7000);
    }
    expect(trouble).toEqual([]);
  },
  120_000,
);

test.each(['combat', 'game'] as const)(
  'what a replica of %s had that is stopped is taken over within 1 s',
  async (service) => {
    const took = [];
    for (const replica of platform.of(service)) took.push(await measure(replica, 'SIGTERM'));
    expect(median(took.map(({ answered }) => answered))).toBeLessThan(1000);
    expect(median(took.map(({ seen }) => seen))).toBeLessThan(1000);
    expect(trouble).toEqual([]);
  },
  120_000,
);
