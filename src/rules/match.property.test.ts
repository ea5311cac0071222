import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MatchEvent, type Happening } from '../contracts/events.ts';
import { Direction } from '../contracts/match.ts';
import { accepted, actionId, actionOf, playerId, setupOf, type Asked } from './fixtures.ts';
import { finish, matchResult } from './finish.ts';
import { options } from './options.ts';
import { replay, type LogEntry } from './replay.ts';
import { resolve } from './resolve.ts';
import { createMatch } from './start.ts';
import type { MatchSetup, MatchState } from './state.ts';
import { isOnGrid, sameTile } from './tiles.ts';
import { view } from './view.ts';

/** What somebody does next: something legal in most cases, the `pick`th of it, else anything. */
const step = fc.record({
  seat: fc.nat(5),
  legal: fc.integer({ min: 0, max: 9 }).map((number) => number > 0),
  pick: fc.nat(1000),
  sealed: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  pause: fc.integer({ min: -100, max: 500 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const games = fc.record({
  players: fc.integer({ min: 2, max: 6 }),
  seed: fc.string(),
  steps: fc.array(step, { minLength: 200, maxLength: 500, size: 'max' }),
});

const anything: Asked[] = [
  ...Direction.options.map((direction) => ({ type: 'move', direction }) as const),
  ...[0, 1, 2, 3, 4, 5].map((seat) => ({ type: 'attack', targetId: playerId(seat) }) as const),
  { type: 'defend' },
  { type: 'collect' },
];

function legalOf(setup: MatchSetup, state: MatchState, seat: number, sealed: boolean): Asked[] {
  const tiles = sealed ? setup.rules.sealedMoveTiles : 1;
  const { directions, targets, collect, defend } = options(view(setup, state), playerId(seat), state.tick, tiles);
  return anything.filter((asked) => {
    if (asked.type === 'move') return directions.includes(asked.direction);
    if (asked.type === 'attack') return targets.includes(asked.targetId);
    return asked.type === 'collect' ? collect : defend;
  });
}

/** Blows and collects come first, so that games get somewhere. */
function choose(setup: MatchSetup, state: MatchState, seat: number, { legal, pick, sealed }: Step): Asked {
  const may = legalOf(setup, state, seat, sealed);
  const eager = may.filter(({ type }) => type === 'attack' || type === 'collect');
  const from = !legal || may.length === 0 ? anything : pick % 3 > 0 && eager.length > 0 ? eager : may;
  return from[pick % from.length] ?? { type: 'defend' };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

interface Game {
  setup: MatchSetup;
  state: MatchState;
  events: Happening[];
  log: LogEntry[];
  refused: number;
}

/** Plays a game on frozen inputs, and calls `observe` after every action that took effect. */
function play(players: number, seed: string, steps: Step[], observe: (game: Game, before: MatchState) => void): Game {
  const weapon = (seat: number) => (seat % 2 === 0 ? { itemId: 'sword', damage: seat * 4 } : null);
  const plain = setupOf(players, { seed });
  const setup = freeze({ ...plain, players: plain.players.map((p, seat) => ({ ...p, weapon: weapon(seat) })) });
  const start = createMatch(setup);
  const game: Game = { setup, state: start.state, events: start.events, log: [], refused: 0 };
  let now = 0;
  steps.forEach((next, number) => {
    now += next.pause;
    const seat = next.seat % players;
    const before = freeze(game.state);
    const more = { sealed: next.sealed, at: now, actionId: actionId(number) };
    const action = freeze(actionOf(seat, choose(setup, before, seat, next), more));
    const resolution = resolve(setup, before, action);
    if (resolution.outcome === 'rejected') {
      game.refused += 1;
      return;
    }
    game.state = resolution.state;
    game.events.push(...resolution.events);
    game.log.push({ seq: resolution.answer.seq, action });
    observe(game, before);
  });
  return game;
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** The first thing that is wrong with where the players stand and what they are; undefined when all is well. */
function misplaced({ setup, state }: Game): string | undefined {
  const { map, hp } = setup.rules;
  for (const [seat, player] of state.players.entries()) {
    if (player.hp < 0 || player.hp > hp) return `seat ${seat} has ${player.hp} hp`;
    if (!isOnGrid(map, player)) return `seat ${seat} is off the grid`;
    if (map.walls.some((wall) => sameTile(wall, player))) return `seat ${seat} is in a wall`;
    const first = state.players.findIndex((other) => other.hp > 0 && sameTile(other, player));
    if (player.hp > 0 && first !== seat) return `seats ${first} and ${seat} are on one tile`;
  }
  return undefined;
}

/** What the events say that was earned and gathered is what the state has. */
function checkBooks({ setup, state, events }: Game) {
  const { rules } = setup;
  const scores = setup.players.map(() => 0);
  const earn = (id: string, points: number) => {
    const seat = setup.players.findIndex((player) => player.playerId === id);
    scores[seat] = (scores[seat] ?? 0) + points;
  };
  let gathered = 0;
  for (const event of events) {
    if (event.type === 'PlayerAttacked') earn(event.payload.playerId, event.payload.damage * rules.score.damage);
    if (event.type === 'PlayerEliminated') earn(event.payload.killerId, rules.score.kill);
    if (event.type === 'ResourceCollected') {
      earn(event.payload.playerId, rules.score.collect);
      if (event.payload.kind === 'node') gathered += event.payload.amount;
    }
    if (event.type === 'MatchFinished') {
      state.players.forEach((player, seat) => earn(playerId(seat), player.hp > 0 ? rules.score.alive : 0));
    }
  }
  expect(state.players.map((player) => player.score)).toEqual(scores);
  const held = sum(state.players.map((player) => player.resources));
  expect(held + sum(state.drops.map((drop) => drop.amount))).toBe(gathered);
}

test('whatever is played, the rules of the board hold, the books balance, and a replay comes to the same', () => {
  let resolved = 0;
  let refused = 0;
  const endings = { LAST_ALIVE: 0, TIME_LIMIT: 0 };
  const property = fc.property(games, ({ players, seed, steps }) => {
    const game = play(players, seed, steps, (played, before) => {
      const { state } = played;
      if (state.tick < before.tick || state.seq <= before.seq) throw new Error('Time or order goes back');
      const wrong = misplaced(played);
      if (wrong !== undefined) throw new Error(wrong);
    });
    checkBooks(game);
    resolved += game.log.length;
    refused += game.refused;

    const { setup, log } = game;
    expect(replay(setup, log.toReversed(), { ended: false })).toEqual({ state: game.state, events: game.events });
    const last = finish(setup, game.state, 300_000);
    const ended = { ...game, state: last.state, events: [...game.events, ...last.events] };
    expect(replay(setup, log, { ended: true })).toEqual({ state: ended.state, events: ended.events });
    checkBooks(ended);

    expect(ended.events.map(({ payload }) => payload.seq)).toEqual(ended.events.map((_, place) => place + 1));
    expect(ended.state.seq).toBe(ended.events.length);
    expect(JSON.parse(JSON.stringify(ended.state))).toEqual(ended.state);
    expect(JSON.stringify(ended.state).length).toBeLessThan(2048);
    expect(matchResult(setup, ended.state)).toEqual(expect.objectContaining({ reason: ended.state.ended }));
    endings[ended.state.ended ?? 'TIME_LIMIT'] += 1;
  });
  fc.assert(property, { numRuns: 60, seed: 20_260_101, endOnFailure: true });
  // The games are worth the name: most actions take effect, some are refused, and matches end in both ways.
  expect(resolved + refused).toBeGreaterThan(10_000);
  expect(resolved).toBeGreaterThan(refused / 2);
  expect(refused).toBeGreaterThan(500);
  expect(endings.LAST_ALIVE).toBeGreaterThan(5);
  expect(endings.TIME_LIMIT).toBeGreaterThan(5);
});

test('what a player is shown as possible is exactly what the rules allow, but for the pace', () => {
  const property = fc.property(games, fc.boolean(), ({ players, seed, steps }, sealed) => {
    play(players, seed, steps.slice(0, 60), ({ setup, state, log }) => {
      if (state.ended !== null) return;
      const seat = log.length % players;
      const at = state.tick * setup.rules.tickMs;
      const allowed = anything.filter((asked) => {
        const resolution = resolve(setup, state, actionOf(seat, asked, { at, sealed }));
        return resolution.outcome === 'resolved' || resolution.code === 'COOLDOWN';
      });
      expect(legalOf(setup, state, seat, sealed)).toEqual(allowed);
    });
  });
  fc.assert(property, { numRuns: 30, seed: 7, endOnFailure: true });
});

test('every event is one that the contract knows', () => {
  const payloads = new Map(MatchEvent.options.map((schema) => [schema.shape.type.value, schema.shape.payload]));
  const property = fc.property(games, ({ players, seed, steps }) => {
    const { setup, state, events } = play(players, seed, steps, () => undefined);
    for (const { type, payload } of [...events, ...finish(setup, state, 300_000).events]) {
      expect(payloads.get(type)?.parse(payload)).toEqual(payload);
    }
  });
  fc.assert(property, { numRuns: 5, seed: 1, endOnFailure: true });
});

test('the fullest state of six players is less than 2 KB', () => {
  const setup = setupOf(6);
  const { state } = createMatch(setup);
  const ms = 299_999;
  const full: MatchState = {
    seq: 12_345,
    tick: 2999,
    players: state.players.map((player) => ({
      ...player,
      hp: 100,
      score: 123_456,
      resources: 123_456,
      shield: 40,
      shieldUntilTick: 3000,
      at: ms,
      readyAt: { move: ms, attack: ms, defend: ms, collect: ms },
    })),
    emptied: setup.rules.map.nodes.map((node) => ({ ...node, fullAtTick: 3000 })),
    drops: Array.from({ length: 5 }, (_, x) => ({ x, y: 9, amount: 12_345 })),
    ended: 'LAST_ALIVE',
  };
  expect(JSON.stringify(full).length).toBeLessThan(2048);
});

test('a log that does not fit is refused', () => {
  const setup = setupOf(2);
  const { state } = createMatch(setup);
  const action = actionOf(0, { type: 'defend' });
  const { answer } = accepted(setup, state, action);
  expect(replay(setup, [{ seq: answer.seq, action }], { ended: false }).state.seq).toBe(2);
  expect(() => replay(setup, [{ seq: 3, action }], { ended: false })).toThrow('has seq 2 on replay');
  const twice = [2, 3].map((seq) => ({ seq, action }));
  expect(() => replay(setup, twice, { ended: false })).toThrow('refused on replay: COOLDOWN');
});
