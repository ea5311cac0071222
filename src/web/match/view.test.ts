import { describe, expect, test } from '@jest/globals';
import { ActionId, MatchId, PlayerId } from '../../contracts/ids.ts';
import type { MatchView, PlayerView } from '../../contracts/match.ts';
import { emptyModel, receive } from './view.ts';
import type { MatchMessage, MatchModel } from './view.ts';

const matchId = MatchId.parse('0b5f4f3e-52a4-4a6e-9d3e-000000000001');
const actionId = ActionId.parse('0b5f4f3e-52a4-4a6e-9d3e-0000000000aa');
const ada = PlayerId.parse('0b5f4f3e-52a4-4a6e-9d3e-00000000000a');
const bob = PlayerId.parse('0b5f4f3e-52a4-4a6e-9d3e-00000000000b');

const player = (playerId: PlayerId, seat: number, x: number, y: number): PlayerView => ({
  playerId,
  username: `player-${seat}`,
  bot: false,
  seat,
  x,
  y,
  hp: 100,
  score: 0,
  resources: 0,
  shield: 0,
  shieldUntilTick: 0,
  alive: true,
  weapon: null,
  readyAtTick: { move: 0, attack: 0, defend: 0, collect: 0 },
});

const running: MatchView = {
  matchId,
  status: 'RUNNING',
  seq: 10,
  gridSize: 10,
  players: [],
  minPlayers: 2,
  maxPlayers: 6,
  serverTime: '2026-01-01T00:00:10.000Z',
  lobbyEndsAt: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  endsAt: '2026-01-01T00:05:00.000Z',
  finishedAt: null,
  board: {
    tick: 100,
    tickMs: 100,
    gridSize: 10,
    maxHp: 100,
    sealedMoveTiles: 2,
    cooldownMs: { move: 200, attack: 500, defend: 3000, collect: 500 },
    walls: [],
    nodes: [{ x: 1, y: 0, kind: 'node', amount: null, fullAtTick: 0 }],
    players: [player(ada, 0, 0, 0), player(bob, 1, 2, 0)],
  },
  result: null,
  seed: null,
};

const state = (changes: Partial<MatchView> = {}): MatchMessage => ({
  name: 'match.state',
  body: { ...running, ...changes },
});
const common = (seq: number) => ({ matchId, seq, tick: 101, actionId, playerId: ada, sealed: false });
const moved = (seq: number): MatchMessage => ({
  name: 'match.action',
  body: { type: 'PlayerMoved', ...common(seq), from: { x: 0, y: 0 }, to: { x: 1, y: 0 } },
});
const now = Date.parse('2026-01-01T00:00:09.000Z');
const after = (...messages: MatchMessage[]): MatchModel =>
  messages.reduce((model, message) => receive(model, message, now), emptyModel);
const seen = (model: MatchModel, playerId: PlayerId) =>
  model.match?.board?.players.find((one) => one.playerId === playerId);

describe('order', () => {
  const cases: { name: string; messages: MatchMessage[]; seq: number | undefined; behind: boolean; log: number }[] = [
    { name: 'nothing is known before the first state', messages: [moved(11)], seq: undefined, behind: false, log: 0 },
    { name: 'a state is taken as it is', messages: [state()], seq: 10, behind: false, log: 0 },
    { name: 'the next message is applied', messages: [state(), moved(11)], seq: 11, behind: false, log: 1 },
    {
      name: 'a message twice is applied once',
      messages: [state(), moved(11), moved(11)],
      seq: 11,
      behind: false,
      log: 1,
    },
    {
      name: 'one that the state has already is skipped',
      messages: [state(), moved(10)],
      seq: 10,
      behind: false,
      log: 0,
    },
    { name: 'a gap applies nothing and waits', messages: [state(), moved(12)], seq: 10, behind: true, log: 0 },
    {
      name: 'what comes after a gap waits too, even the missing one',
      messages: [state(), moved(12), moved(11), moved(13)],
      seq: 10,
      behind: true,
      log: 0,
    },
    {
      name: 'a state ends the wait',
      messages: [state(), moved(12), state({ seq: 13 }), moved(14)],
      seq: 14,
      behind: false,
      log: 1,
    },
    {
      name: 'a state that was overtaken is dropped',
      messages: [state(), moved(11), state({ seq: 10 })],
      seq: 11,
      behind: false,
      log: 1,
    },
    {
      name: 'an action before the board is known waits for it',
      messages: [state({ status: 'PENDING', seq: 0, board: null }), moved(1)],
      seq: 0,
      behind: true,
      log: 0,
    },
  ];
  test.each(cases)('$name', ({ messages, seq, behind, log }) => {
    const model = after(...messages);
    expect(model.match?.seq).toBe(seq);
    expect(model.behind).toBe(behind);
    expect(model.log).toHaveLength(log);
  });

  test('a message of another match is nothing to this one', () => {
    const other = MatchId.parse('0b5f4f3e-52a4-4a6e-9d3e-000000000002');
    const model = after(state(), { name: 'match.cancelled', body: { matchId: other } });
    expect(model.match?.status).toBe('RUNNING');
  });

  test('the clock of the server is told by its state', () => {
    expect(after(state()).clockOffset).toBe(1000);
  });

  test('the log keeps its numbers when it forgets its oldest', () => {
    const messages = Array.from({ length: 100 }, (_, i) => moved(11 + i));
    const { log } = after(state(), ...messages);
    expect(log).toHaveLength(40);
    expect(log.at(-1)?.id).toBe(100);
  });
});

describe('what happens', () => {
  test('a move puts the player there and starts its pace', () => {
    expect(seen(after(state(), moved(11)), ada)).toMatchObject({ x: 1, y: 0, readyAtTick: { move: 103 } });
  });

  test('players who have no part in it stay the same object, so that nothing of them is drawn again', () => {
    const before = after(state());
    expect(seen(receive(before, moved(11), now), bob)).toBe(seen(before, bob));
  });

  test('a hit costs the target and pays the attacker', () => {
    const model = after(state(), {
      name: 'match.action',
      body: {
        type: 'PlayerAttacked',
        ...common(11),
        targetId: bob,
        damage: 20,
        absorbed: 0,
        critical: false,
        targetHp: 80,
        targetShield: 0,
        score: 20,
      },
    });
    expect(seen(model, bob)).toMatchObject({ hp: 80 });
    expect(seen(model, ada)).toMatchObject({ score: 20 });
  });

  test('a collected node is empty, a collected drop is gone', () => {
    const collected = (seq: number, kind: 'node' | 'drop'): MatchMessage => ({
      name: 'match.action',
      body: {
        type: 'ResourceCollected',
        ...common(seq),
        at: { x: 1, y: 0 },
        kind,
        amount: 70,
        resources: 70,
        score: 50,
        fullAtTick: kind === 'node' ? 301 : 0,
      },
    });
    const fallen: MatchMessage = {
      name: 'match.player_eliminated',
      body: {
        matchId,
        seq: 11,
        tick: 101,
        actionId,
        playerId: bob,
        killerId: ada,
        killerScore: 120,
        kept: 35,
        drop: { at: { x: 1, y: 0 }, amount: 35 },
      },
    };
    const model = after(state(), fallen);
    expect(seen(model, bob)).toMatchObject({ alive: false, hp: 0, resources: 35 });
    expect(seen(model, ada)).toMatchObject({ score: 120 });
    expect(model.match?.board?.nodes).toHaveLength(2);
    const without = after(state(), fallen, collected(12, 'drop'), collected(13, 'node'));
    expect(without.match?.board?.nodes).toEqual([{ x: 1, y: 0, kind: 'node', amount: null, fullAtTick: 301 }]);
  });

  test('the end brings the result', () => {
    const result = { winners: [ada], draw: false, reason: 'LAST_ALIVE' as const, scores: [] };
    const finishedAt = '2026-01-01T00:01:00.000Z';
    const model = after(state(), { name: 'match.finished', body: { matchId, seq: 11, tick: 600, finishedAt, result } });
    expect(model.match).toMatchObject({ status: 'FINISHED', result });
  });
});
