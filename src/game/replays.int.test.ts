import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createGameDatabase, type GameDatabase } from '../../tests/games.ts';
import { ActionId, MatchId } from '../contracts/ids.ts';
import { MatchReplay } from '../contracts/replay.ts';
import type { Database } from '../platform/database/database.ts';
import {
  defaultRules,
  finish,
  matchMs,
  matchResult,
  replay,
  resolve,
  type LogEntry,
  type MatchSetup,
  type MatchState,
} from '../rules/index.ts';
import { Matches } from './matches.ts';
import { Replays } from './replays.ts';

/** Real: PostgreSQL. Combat is played by the test. */
let db: GameDatabase;
let owner: Database;
let replays: Replays;
let asked = 0;
beforeAll(async () => {
  db = await createGameDatabase();
  owner = await db.as('owner');
  const game = await db.as('game');
  const counted: Database = {
    ...game,
    query: (...statement) => (asked++, game.query(...statement)),
    read: (work) => work(counted),
  };
  replays = new Replays(counted, new Matches(counted, defaultRules));
});
afterAll(() => db.drop());

/** A match that two players walked and shielded through, and what they did. */
const over = async (): Promise<{ matchId: MatchId; setup: MatchSetup; log: LogEntry[] }> => {
  const { matchId, players } = await db.start(2);
  const [row] = await owner.query<{ setup: MatchSetup; state: MatchState }>(
    { text: 'select setup, state from matches where id = $1' },
    [matchId],
  );
  if (!row) throw new Error('no match');
  const { setup } = row;
  let { state } = row;
  const log: LogEntry[] = [];
  for (let turn = 0; turn < 40; turn++) {
    const playerId = players[turn % 2];
    if (!playerId) throw new Error('no player');
    const common = { playerId, actionId: ActionId.parse(randomUUID()), sealed: turn % 7 === 0, at: turn * 2000 };
    const action = turn % 5 === 0 ? { ...common, type: 'defend' as const } : { ...common, ...step(turn) };
    const resolution = resolve(setup, state, action);
    if (resolution.outcome === 'rejected') continue;
    log.push({ seq: resolution.answer.seq, action });
    ({ state } = resolution);
  }
  ({ state } = finish(setup, state, matchMs(setup.rules)));
  await owner.query(
    { text: `update matches set status = 'FINISHED', finished_at = now(), state = $2, result = $3 where id = $1` },
    [matchId, JSON.stringify(state), JSON.stringify(matchResult(setup, state))],
  );
  await owner.query(
    {
      text: `insert into player_actions (player_id, action_id, match_id, action_type, payload, fingerprint, seq, outcome)
             select (action ->> 'playerId')::uuid, (action ->> 'actionId')::uuid, $1, action ->> 'type', action, '', seq, '{}'
             from jsonb_to_recordset($2::jsonb) as r(seq int, action jsonb) order by random()`,
    },
    [matchId, JSON.stringify(log)],
  );
  return { matchId, setup, log };
};
const directions = ['south', 'east', 'north', 'west'] as const;
const step = (turn: number) => ({ type: 'move' as const, direction: directions[turn % 4] ?? 'north' });

test('a match that is over is told from its start to its recorded end, and is played once for all who ask', async () => {
  const { matchId, setup, log } = await over();
  expect(log.length).toBeGreaterThan(10);
  const before = asked;
  const [first, second] = await Promise.all([replays.of(matchId), replays.of(matchId)]);
  expect(await replays.of(matchId)).toBe(first);
  expect(second).toBe(first);
  expect(asked - before).toBe(3);
  const { match, events } = MatchReplay.parse(JSON.parse(String(first.json)));
  expect(match).toMatchObject({ matchId, status: 'FINISHED', seed: setup.seed });
  expect(events).toEqual(replay(setup, log, { ended: true }).events);
  expect(events[0]?.type).toBe('MatchStarted');
  expect(events.at(-1)?.payload).toMatchObject({ result: match.result });
});

test('what is not over, or is no match, has no replay', async () => {
  const { matchId } = await db.start(2);
  await expect(replays.of(matchId)).rejects.toMatchObject({ code: 'MATCH_NOT_FINISHED', status: 409 });
  await expect(replays.of(MatchId.parse(randomUUID()))).rejects.toMatchObject({ code: 'MATCH_NOT_FOUND' });
});

test('a match of an engine that is not known here, or whose actions do not fit it, is not told wrongly', async () => {
  const { matchId } = await over();
  await owner.query({ text: 'update matches set engine_version = 99 where id = $1' }, [matchId]);
  await expect(replays.of(matchId)).rejects.toThrow('knows no rules engine 99');
  const cheated = await over();
  await owner.query({ text: `delete from player_actions where match_id = $1 and seq = $2` }, [
    cheated.matchId,
    cheated.log[0]?.seq,
  ]);
  await expect(replays.of(cheated.matchId)).rejects.toThrow('on replay');
});
