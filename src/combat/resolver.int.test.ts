import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { aCorrelation, createGameDatabase, noRelay, type GameDatabase } from '../../tests/games.ts';
import { MatchEvent, type PlayerAction } from '../contracts/events.ts';
import { ActionId, EventId, type MatchId, type PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { replay, type Action, type MatchSetup, type MatchState } from '../rules/index.ts';
import { Resolver } from './resolver.ts';

/** Real: PostgreSQL. Three replicas of combat are three resolvers, each with connections of its own. */
let db: GameDatabase;
let owner: Database;
let resolvers: [Resolver, Resolver, Resolver];
beforeAll(async () => {
  db = await createGameDatabase();
  owner = await db.as('owner');
});
beforeEach(async () => {
  const one = async () => new Resolver(await db.as('combat'), noRelay);
  resolvers = [await one(), await one(), await one()];
  await owner.query({ text: 'delete from outbox' });
});
afterAll(() => db.drop());

type Asked = { type: 'move'; direction: 'north' | 'south' | 'east' | 'west' } | { type: 'defend' | 'collect' };

const deliver = (event: PlayerAction): Delivery<PlayerAction> => ({
  event,
  topic: 'player-actions',
  partition: 0,
  record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
});
const action = (
  {
    matchId,
    playerId,
    actionId = ActionId.parse(randomUUID()),
  }: { matchId: MatchId; playerId: PlayerId; actionId?: ActionId },
  asked: Asked,
  receivedAt = Date.now(),
): PlayerAction => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: aCorrelation(),
  causationId: actionId,
  version: 1,
  timestamp: new Date().toISOString(),
  type: 'PlayerAction',
  payload: { matchId, playerId, actionId, fingerprint: JSON.stringify(asked), sealed: false, receivedAt, ...asked },
});

interface Row {
  setup: MatchSetup;
  state: MatchState;
  seq: number;
  status: string;
}
const matchRow = async (matchId: MatchId): Promise<Row> => {
  const [row] = await owner.query<Row>({ text: 'select setup, state, seq, status from matches where id = $1' }, [
    matchId,
  ]);
  if (!row) throw new Error('no match');
  return row;
};
const recordedActions = (matchId: MatchId) =>
  owner.query<{ action_id: string; seq: number | null; action: Action; outcome: object }>(
    { text: 'select action_id, seq, payload as action, outcome from player_actions where match_id = $1' },
    [matchId],
  );
const outbox = async (matchId: MatchId): Promise<MatchEvent[]> => {
  const rows = await owner.query<{ value: string }>({ text: 'select value from outbox where key = $1 order by id' }, [
    matchId,
  ]);
  return rows.map(({ value }) => MatchEvent.parse(JSON.parse(value)));
};
/** All that could change. */
const everything = async (matchId: MatchId) => ({
  match: await matchRow(matchId),
  actions: await recordedActions(matchId),
});
const chunks = <T>(items: T[], size: number): T[][] =>
  items.length === 0 ? [] : [items.slice(0, size), ...chunks(items.slice(size), size)];

test('three replicas with interleaved batches of the same matches: every action once, one order, and the state is its replay', async () => {
  const matches = [await db.start(6), await db.start(6), await db.start(4)];
  const begun = Date.now() - 2000;
  const directions = ['north', 'east', 'south', 'west'] as const;
  const sent = matches.flatMap(({ matchId, players }) =>
    players.map((playerId, seat) =>
      Array.from({ length: 40 }, (_, turn) => {
        const asked: Asked =
          turn % 5 === 4
            ? { type: 'collect' }
            : turn % 7 === 0
              ? { type: 'defend' }
              : { type: 'move', direction: directions[(seat + turn) % 4] ?? 'north' };
        return action({ matchId, playerId }, asked, begun + turn * 250);
      }),
    ),
  );
  // A player's actions come over one partition; each replica has its share of the players of every match.
  const shares = [0, 1, 2].map((replica) => {
    const lanes = sent.filter((_, player) => player % 3 === replica);
    return Array.from({ length: 40 }, (_, turn) => lanes.flatMap((lane) => lane[turn] ?? [])).flat();
  });
  await Promise.all(
    shares.map(async (share, replica) => {
      for (const batch of chunks(share, 11 + replica)) await resolvers[replica]?.handle(batch.map(deliver));
    }),
  );
  for (const { matchId, players } of matches) {
    const { setup, state, seq } = await matchRow(matchId);
    const actions = await recordedActions(matchId);
    expect(actions).toHaveLength(players.length * 40);
    const log = actions.flatMap(({ seq: at, action: done }) => (at === null ? [] : [{ seq: at, action: done }]));
    expect(log.length).toBeGreaterThan(players.length * 5);
    const again = replay(setup, log, { ended: false });
    expect(again.state).toEqual(state);
    expect(seq).toBe(state.seq);
    const events = await outbox(matchId);
    const seqs = events.flatMap(({ payload }) => ('seq' in payload ? [payload.seq] : []));
    expect(seqs).toEqual(Array.from({ length: seq }, (_, index) => index + 1));
    const outcomes = events.flatMap(({ type, payload }) =>
      type === 'ActionResolved' || type === 'ActionRejected' ? [payload.actionId] : [],
    );
    expect(new Set(outcomes).size).toBe(players.length * 40);
    expect(outcomes).toHaveLength(players.length * 40);
  }
});

test('an action delivered again as another event tells the same outcome again, as the same event, and changes nothing', async () => {
  const { matchId, players } = await db.start(2);
  const [playerId] = players;
  if (!playerId) throw new Error('no player');
  const first = action({ matchId, playerId }, { type: 'defend' });
  await resolvers[0].handle([deliver(first)]);
  const before = await everything(matchId);
  const again = { ...first, eventId: EventId.parse(randomUUID()), correlationId: aCorrelation() };
  const other = {
    ...again,
    eventId: EventId.parse(randomUUID()),
    payload: { ...first.payload, fingerprint: 'another' },
  };
  await Promise.all([resolvers[1].handle([deliver(again)]), resolvers[2].handle([deliver(other)])]);
  expect(await everything(matchId)).toEqual(before);
  const told = (await outbox(matchId)).filter(({ type }) => type === 'ActionResolved');
  expect(told).toHaveLength(3);
  expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(1);
  expect(told.map(({ payload }) => payload)).toEqual(Array(3).fill(told[0]?.payload));
});

test('the same action in hand of all replicas at once, and twice in one batch, has one effect', async () => {
  const { matchId, players } = await db.start(2);
  const [playerId] = players;
  if (!playerId) throw new Error('no player');
  const first = action({ matchId, playerId }, { type: 'defend' });
  const copies = () => ({ ...first, eventId: EventId.parse(randomUUID()) });
  await Promise.all(resolvers.map((one) => one.handle([copies(), copies()].map(deliver))));
  expect(await recordedActions(matchId)).toHaveLength(1);
  expect((await matchRow(matchId)).seq).toBe(2);
  const events = await outbox(matchId);
  expect(events.filter(({ type }) => type === 'PlayerDefended')).toHaveLength(1);
  expect(events.filter(({ type }) => type === 'ActionResolved')).toHaveLength(6);
});

test('a batch delivered again, to any replica, changes nothing and says nothing', async () => {
  const { matchId, players } = await db.start(3);
  const batch = players.map((playerId) => deliver(action({ matchId, playerId }, { type: 'defend' })));
  await resolvers[0].handle(batch);
  const before = await everything(matchId);
  const said = await outbox(matchId);
  await Promise.all(resolvers.map((one) => one.handle(batch)));
  expect(await everything(matchId)).toEqual(before);
  expect(await outbox(matchId)).toEqual(said);
});

test('a match whose time is up is ended once, whoever looks', async () => {
  const { matchId, players } = await db.start(2);
  await owner.query(
    {
      text: `update matches set ends_at = now() - interval '1 s',
               setup = jsonb_set(setup, '{startedAt}', to_jsonb((setup ->> 'startedAt')::bigint - 3600000)) where id = $1`,
    },
    [matchId],
  );
  const fresh = await Promise.all([db.as('combat'), db.as('combat'), db.as('combat')]);
  await Promise.all(fresh.flatMap((database) => [1, 2].map(() => new Resolver(database, noRelay).finishOverdue())));
  const { status, state } = await matchRow(matchId);
  expect(status).toBe('FINISHED');
  expect(state.ended).toBe('TIME_LIMIT');
  expect((await outbox(matchId)).map(({ type }) => type)).toEqual(['MatchStarted', 'MatchFinished']);
  const seats = await owner.query({ text: 'select active, outcome from match_players where match_id = $1' }, [matchId]);
  expect(seats).toEqual(players.map(() => ({ active: false, outcome: 'WINNER' })));
});

test('an action that is given up is answered, once, and stays answered', async () => {
  const { matchId, players } = await db.start(2);
  const [playerId] = players;
  if (!playerId) throw new Error('no player');
  const lost = action({ matchId, playerId }, { type: 'defend' });
  await resolvers[0].giveUp(deliver(lost));
  await resolvers[1].giveUp(deliver(lost));
  await resolvers[2].handle([deliver({ ...lost, eventId: EventId.parse(randomUUID()) })]);
  const events = (await outbox(matchId)).filter(({ type }) => type !== 'MatchStarted');
  expect(events.map(({ type, payload }) => [type, 'error' in payload && payload.error])).toEqual(
    Array(2).fill(['ActionRejected', 'ACTION_FAILED']),
  );
  expect((await matchRow(matchId)).seq).toBe(1);
});

test('a sealed action that takes effect says how many stamps are left and that one was used, before what it did; told again it is used once', async () => {
  const { matchId, players } = await db.start(2);
  const [playerId] = players;
  if (!playerId) throw new Error('no player');
  const plain = action({ matchId, playerId }, { type: 'defend' });
  const sealed: PlayerAction = { ...plain, payload: { ...plain.payload, sealed: true, stampBalance: 4 } };
  await resolvers[0].handle([deliver(sealed)]);
  await resolvers[1].handle([deliver({ ...sealed, eventId: EventId.parse(randomUUID()) })]);
  const events = (await outbox(matchId)).filter(({ type }) => type !== 'MatchStarted');
  expect(events.map(({ type }) => type)).toEqual(['ActionResolved', 'StampUsed', 'PlayerDefended', 'ActionResolved']);
  expect(events[1]?.payload).toMatchObject({ matchId, playerId, actionId: sealed.payload.actionId, seq: 2 });
  expect(events[0]?.payload).toMatchObject({ answer: { seq: 2, sealed: true, stampBalance: 4 } });
  expect(events[3]?.payload).toEqual(events[0]?.payload);
});

test('a sealed action that is refused uses no stamp, and an unsealed one says nothing of stamps', async () => {
  const { matchId, players } = await db.start(2);
  const [playerId] = players;
  if (!playerId) throw new Error('no player');
  const first = action({ matchId, playerId }, { type: 'defend' });
  const second = action({ matchId, playerId }, { type: 'defend' });
  const sealed: PlayerAction = { ...second, payload: { ...second.payload, sealed: true, stampBalance: 4 } };
  await resolvers[0].handle([first, sealed].map(deliver));
  const events = (await outbox(matchId)).filter(({ type }) => type !== 'MatchStarted');
  expect(events.map(({ type }) => type)).toEqual(['ActionResolved', 'PlayerDefended', 'ActionRejected']);
  expect(events[0]?.payload).not.toHaveProperty('answer.stampBalance');
});

test('an action that game has recorded as expired, or as unpaid, has no effect when it comes late', async () => {
  const { matchId, players } = await db.start(2);
  const [playerId] = players;
  if (!playerId) throw new Error('no player');
  const outcomes = new Map<ActionId, string>();
  for (const error of ['ACTION_EXPIRED', 'INSUFFICIENT_STAMPS']) {
    const late = action({ matchId, playerId }, { type: 'defend' });
    outcomes.set(late.payload.actionId, error);
    await owner.query(
      {
        text: `insert into player_actions (player_id, action_id, match_id, action_type, payload, fingerprint, outcome)
               values ($1, $2, $3, 'defend', '{}', '', $4)`,
      },
      [playerId, late.payload.actionId, matchId, JSON.stringify({ status: 409, error, detail: 'late' })],
    );
    await resolvers[0].handle([deliver(late)]);
  }
  expect((await matchRow(matchId)).seq).toBe(1);
  const told = (await outbox(matchId)).flatMap((event) => (event.type === 'ActionRejected' ? [event.payload] : []));
  expect(told.map(({ actionId, error }) => [actionId, error])).toEqual([...outcomes]);
});
