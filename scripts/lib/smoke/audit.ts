import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { rewardsSchema } from '../../../src/reward/rewards.ts';
import {
  notAsAcknowledged,
  unlikeItsReplay,
  type ActionRow,
  type MatchRow,
} from '../../../tests/platform/match-log.ts';
import { checkMoney, describe, type Ask } from '../money/money.ts';
import { expectNone } from './cluster.ts';
import type { Report } from './load.ts';

/** How long events may take that are under way when the last player has gone. */
const settleMs = 90_000;

/** What has ended is settled: asked again until nothing is under way between the databases. */
export const expectMoneyWhole = async (ask: Ask): Promise<void> => {
  const latest = Date.now() + settleMs;
  for (;;) {
    const violations = await checkMoney(ask, rewardsSchema.parse({}), 0);
    if (violations.length > 0 && Date.now() < latest) {
      await sleep(2000);
      continue;
    }
    expectNone('the money check passes', violations.length === 0 ? [] : describe(violations).split('\n'));
    return;
  }
};

/** What players were told is what is recorded, each action in its match exactly once. */
export const expectNothingLost = async (ask: Ask, report: Report): Promise<void> => {
  const { acknowledged, results } = report;
  const players = [...new Set(acknowledged.map(({ playerId }) => `'${playerId}'`))].join(',');
  const theirs = `match_id in (select match_id from player_actions where player_id in (${players}))`;
  const actions = await ask<ActionRow>('game', `select * from player_actions where ${theirs} order by match_id, seq`);
  const matches = await ask<MatchRow>(
    'game',
    `select * from matches where id in (select match_id from player_actions where ${theirs})`,
  );
  const wrong = notAsAcknowledged(acknowledged, actions);
  const unasked =
    actions.length === acknowledged.length
      ? []
      : [`${actions.length} actions are recorded, ${acknowledged.length} were acknowledged`];
  expectNone(`each of ${acknowledged.length} acknowledged actions is in its match exactly once, and no other`, [
    ...wrong,
    ...unasked,
  ]);

  const log = Map.groupBy(
    actions.filter(({ seq }) => seq !== null),
    ({ match_id }) => match_id,
  );
  const told = new Map(results);
  expectNone(
    `${matches.length} matches have ended as their actions say, and as their players were told`,
    matches.flatMap((match) => {
      const { id, status, result } = match;
      if (status !== 'FINISHED' && status !== 'CANCELLED') return [`${id} is ${status}`];
      if (status === 'CANCELLED') return [];
      const differs = unlikeItsReplay(match, log.get(id) ?? []);
      if (told.has(id) && !isDeepStrictEqual(told.get(id), result)) differs.push('what its players were told');
      return differs.map((what) => `${id}: ${what}`);
    }),
  );
};
