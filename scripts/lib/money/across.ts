import { isDeepStrictEqual } from 'node:util';
import { systemAccounts } from '../../../src/contracts/economy.ts';
import type { MatchResult } from '../../../src/contracts/match.ts';
import type { Rewards } from '../../../src/reward/rewards.ts';
import type { Ask, Violation } from './money.ts';

/** `settledMs`: only what ended that long ago counts; what one service has told the others know by then. */
export interface Across {
  ask: Ask;
  settledMs: number;
  rewards: Rewards;
}

/** Rules that tie databases together. Each answers with what breaks it. */
const across: readonly { rule: string; broken: (parts: Across) => Promise<unknown[]> }[] = [
  { rule: 'money and item of a trade are where its end says, and nothing is kept that has no trade', broken: trades },
  { rule: 'every reward was given once, and is what the match says', broken: rewardsOfMatches },
  { rule: 'every item that was won is there, once', broken: itemsOfMatches },
  { rule: 'a stamp was taken for each sealed action that took effect, and for no other', broken: stamps },
  { rule: 'every score is the sum of the matches', broken: scores },
];

export const violationsAcross = async (parts: Across): Promise<Violation[]> => {
  const all: Violation[] = [];
  for (const { rule, broken } of across) {
    const rows = await broken(parts);
    if (rows.length > 0) all.push({ rule, rows });
  }
  return all;
};

const long = (column: string, ms: number): string => `${column} < now() - interval '${ms} milliseconds'`;

async function trades({ ask, settledMs }: Across): Promise<unknown[]> {
  // The trades last: what is held has its trade by then.
  const holds = await ask<{ trade_id: string; state: string; amount: number; buyer_id: string; seller_id: string }>(
    'wallet',
    `select trade_id, state, amount, buyer_id, seller_id from holds where ${long('created_at', settledMs)}`,
  );
  const locks = await ask<{ trade_id: string; state: string; item_id: string }>(
    'inventory',
    `select trade_id, state, item_id from item_locks where ${long('changed_at', settledMs)}`,
  );
  const known = await ask<{
    id: string;
    status: string;
    price: number;
    item_id: string;
    buyer_id: string;
    seller_id: string;
    settled: boolean;
  }>(
    'marketplace',
    `select id, status, price, item_id, buyer_id, seller_id, ${long('updated_at', settledMs)} as settled from trades`,
  );
  const holdOf = new Map(holds.map((hold) => [hold.trade_id, hold]));
  const lockOf = new Map(locks.map((lock) => [lock.trade_id, lock]));
  const ids = new Set(known.map(({ id }) => id));
  const broken: unknown[] = known.flatMap((trade) => {
    if (!trade.settled || trade.status === 'PENDING') return [];
    const hold = holdOf.get(trade.id);
    const lock = lockOf.get(trade.id);
    const fits =
      trade.status === 'COMPLETED'
        ? hold?.state === 'SETTLED' &&
          lock?.state === 'TRANSFERRED' &&
          hold.amount === trade.price &&
          hold.buyer_id === trade.buyer_id &&
          hold.seller_id === trade.seller_id &&
          lock.item_id === trade.item_id
        : ['RELEASED', 'REFUSED', undefined].includes(hold?.state) &&
          ['RELEASED', 'REFUSED', undefined].includes(lock?.state);
    return fits ? [] : [{ trade, hold, lock }];
  });
  broken.push(
    ...holds.filter(({ trade_id }) => !ids.has(trade_id)),
    ...locks.filter(({ trade_id }) => !ids.has(trade_id)),
  );
  return broken;
}

interface Finished {
  id: string;
  result: MatchResult;
}
const finishedMatches = ({ ask, settledMs }: Across) =>
  ask<Finished>(
    'game',
    `select id, result from matches where status = 'FINISHED' and result is not null and ${long('finished_at', settledMs)}`,
  );

async function rewardsOfMatches(parts: Across): Promise<unknown[]> {
  const { rewards } = parts;
  const matches = await finishedMatches(parts);
  const booked = await parts.ask<{ player_id: string; reference: string; currency: number; stamps: number }>(
    'wallet',
    `select player_id, reference, coalesce(sum(amount) filter (where asset = 'CURRENCY'), 0) as currency,
       coalesce(sum(amount) filter (where asset = 'STAMP'), 0) as stamps
     from transactions where type = 'REWARD' and player_id <> '${systemAccounts.game}' group by player_id, reference`,
  );
  const of = new Map(booked.map((row) => [`${row.player_id}/${row.reference}`, row]));
  return matches.flatMap(({ id, result }) =>
    result.scores.flatMap(({ playerId, outcome, resources, bot }) => {
      const grant = outcome === 'WINNER' ? rewards.winner : outcome === 'SURVIVOR' ? rewards.survivor : undefined;
      const due = bot ? [0, 0] : [(grant?.currency ?? 0) + resources, grant?.stamps ?? 0];
      const got = of.get(`${playerId}/${id}`);
      const given = [got?.currency ?? 0, got?.stamps ?? 0];
      return isDeepStrictEqual(due, given) ? [] : [{ matchId: id, playerId, outcome, due, given }];
    }),
  );
}

async function itemsOfMatches(parts: Across): Promise<unknown[]> {
  const matches = await finishedMatches(parts);
  const won = await parts.ask<{ owner_id: string; reference: string; items: number }>(
    'inventory',
    `select owner_id, reference, count(*)::int as items from item_history where cause = 'REWARD' group by owner_id, reference`,
  );
  const of = new Map(won.map(({ owner_id, reference, items }) => [`${owner_id}/${reference}`, items]));
  const { winner, survivor } = parts.rewards;
  return matches.flatMap(({ id, result }) =>
    result.scores.flatMap(({ playerId, outcome, bot }) => {
      const grants = !bot && ((outcome === 'WINNER' && winner.item) || (outcome === 'SURVIVOR' && survivor.item));
      const items = of.get(`${playerId}/${id}`) ?? 0;
      return items === (grants ? 1 : 0) ? [] : [{ matchId: id, playerId, outcome, items }];
    }),
  );
}

async function stamps({ ask, settledMs }: Across): Promise<unknown[]> {
  const taken = await ask<{ player_id: string; action_id: string; spent: boolean }>(
    'wallet',
    `select player_id, action_id, state = 'SPENT' as spent from stamp_reservations
     where state <> 'RESERVED' or ${long('created_at', Math.max(settledMs, 120_000))}`,
  );
  const sealed = await ask<{ player_id: string; action_id: string; settled: boolean }>(
    'game',
    `select player_id, action_id, ${long('created_at', settledMs)} as settled from player_actions
     where outcome -> 'answer' ->> 'sealed' = 'true'`,
  );
  const key = (row: { player_id: string; action_id: string }) => `${row.player_id}/${row.action_id}`;
  const spent = new Set(taken.filter((row) => row.spent).map(key));
  const used = new Set(sealed.map(key));
  return [
    ...sealed
      .filter((row) => row.settled && !spent.has(key(row)))
      .map((row) => ({ ...row, broken: 'no stamp was taken' })),
    ...taken.filter((row) => row.spent && !used.has(key(row))).map((row) => ({ ...row, broken: 'taken for nothing' })),
  ];
}

async function scores(parts: Across): Promise<unknown[]> {
  const matches = await finishedMatches(parts);
  const counted = await parts.ask<{ player_id: string; match_id: string; points: number }>(
    'game',
    `select player_id, match_id, points from leaderboard.match_scores`,
  );
  const totals = await parts.ask<{ player_id: string; score: number; sum: number }>(
    'game',
    `select s.player_id, s.score, coalesce(sum(m.points), 0) as sum from leaderboard.scores s
     left join leaderboard.match_scores m using (player_id) group by s.player_id, s.score`,
  );
  const of = new Map(counted.map((row) => [`${row.player_id}/${row.match_id}`, row.points]));
  const missing = matches.flatMap(({ id, result }) =>
    result.scores
      .filter(({ bot, playerId, score }) => !bot && of.get(`${playerId}/${id}`) !== score)
      .map(({ playerId, score }) => ({ matchId: id, playerId, score, counted: of.get(`${playerId}/${id}`) })),
  );
  return [...missing, ...totals.filter(({ score, sum }) => score !== sum)];
}
