import { describe, expect, test } from '@jest/globals';
import type { Direction } from '../contracts/match.ts';
import { accepted, actionId, actionOf, playerId, seatOf, setupOf, stateOf } from './fixtures.ts';
import { resolve } from './resolve.ts';
import { defaultRules } from './rules.ts';
import type { MatchPlayer, MatchSetup } from './state.ts';

const withoutCriticals = { ...defaultRules, criticalPercent: 0 };
const onlyCriticals = { ...defaultRules, criticalPercent: 100 };
const setup = setupOf(3, { rules: withoutCriticals });

const armed = (damage: number, more: Partial<MatchSetup> = {}): MatchSetup => {
  const players = setup.players.map((player): MatchPlayer => ({ ...player, weapon: { itemId: 'sword', damage } }));
  return { ...setup, players, ...more };
};
const attack = { type: 'attack', targetId: playerId(1) } as const;
const collect = { type: 'collect' } as const;
const defend = { type: 'defend' } as const;
const move = (direction: Direction) => ({ type: 'move', direction }) as const;

describe('move', () => {
  test.each([
    ['north', { x: 5, y: 4 }],
    ['south', { x: 5, y: 6 }],
    ['east', { x: 6, y: 5 }],
    ['west', { x: 4, y: 5 }],
  ] as const)('%s is one tile', (direction, to) => {
    const { state, answer, events } = accepted(setup, stateOf(setup, [{ x: 5, y: 5 }]), actionOf(0, move(direction)));
    const from = { x: 5, y: 5 };
    expect(seatOf(state, 0)).toMatchObject(to);
    expect(answer.result).toEqual({ type: 'move', from, to });
    expect(events).toMatchObject([
      { type: 'PlayerMoved', payload: { playerId: playerId(0), from, to, sealed: false } },
    ]);
  });

  test('sealed is two tiles', () => {
    const { state, events } = accepted(
      setup,
      stateOf(setup, [{ x: 5, y: 5 }]),
      actionOf(0, move('north'), { sealed: true }),
    );
    expect(seatOf(state, 0)).toMatchObject({ x: 5, y: 3 });
    expect(events).toMatchObject([{ type: 'PlayerMoved', payload: { sealed: true } }]);
  });

  test('onto the tile of one who is out', () => {
    const board = stateOf(setup, [
      { x: 5, y: 5 },
      { x: 5, y: 4, hp: 0 },
    ]);
    expect(seatOf(accepted(setup, board, actionOf(0, move('north'))).state, 0)).toMatchObject({ x: 5, y: 4 });
  });
});

describe('attack', () => {
  const duel = (more = {}) =>
    stateOf(setup, [
      { x: 5, y: 5 },
      { x: 6, y: 6, ...more },
    ]);

  test.each([
    ['20 without a weapon', setup, 20],
    ['20 and the weapon', armed(10), 30],
    ['20 and at most 20 of the weapon', armed(90), 40],
    ['twice that when critical', armed(10, { rules: onlyCriticals }), 60],
  ])('damage is %s', (_, fight, damage) => {
    const { state, answer, events } = accepted(fight, duel(), actionOf(0, attack));
    expect(seatOf(state, 1).hp).toBe(100 - damage);
    expect(seatOf(state, 0).score).toBe(damage);
    const result = { targetId: playerId(1), damage, absorbed: 0, critical: damage === 60, targetHp: 100 - damage };
    expect(answer.result).toEqual({ type: 'attack', ...result, eliminated: false });
    expect(events).toMatchObject([{ type: 'PlayerAttacked', payload: { ...result, targetShield: 0, score: damage } }]);
  });

  test('reaches the eight tiles around', () => {
    for (const x of [4, 5, 6]) {
      for (const y of [4, 5, 6]) {
        if (x !== 5 || y !== 5) accepted(setup, duel({ x, y }), actionOf(0, attack));
      }
    }
  });

  test.each([
    ['is taken up before hp', 20, 10, false, { hp: 90, shield: 0 }, 10],
    ['keeps what it did not need', 20, 40, false, { hp: 100, shield: 20 }, 20],
    ['over does nothing', 10, 20, false, { hp: 80, shield: 0 }, 0],
    ['is passed by a sealed attack, and stays', 20, 20, true, { hp: 80, shield: 20 }, 0],
  ])('a shield %s', (_, shieldUntilTick, shield, sealed, left, absorbed) => {
    const { state, answer } = accepted(setup, duel({ shield, shieldUntilTick }), actionOf(0, attack, { sealed }));
    expect(seatOf(state, 1)).toMatchObject(left);
    expect(answer.result).toMatchObject({ absorbed, damage: 100 - left.hp });
    expect(seatOf(state, 0).score).toBe(100 - left.hp);
  });

  test.each([
    ['one attack in ten is', defaultRules, 450, 550],
    ['at 0 % none is', withoutCriticals, 0, 0],
    ['at 100 % all are', onlyCriticals, 5000, 5000],
  ])('critical: %s', (_, rules, least, most) => {
    const board = duel();
    let criticals = 0;
    for (let number = 0; number < 5000; number += 1) {
      const { answer } = accepted({ ...setup, rules, seed: `seed ${number}` }, board, actionOf(0, attack));
      if (answer.result.type === 'attack' && answer.result.critical) criticals += 1;
    }
    expect(criticals).toBeGreaterThanOrEqual(least);
    expect(criticals).toBeLessThanOrEqual(most);
  });

  test('one wall beside a diagonal does not block it', () => {
    const board = stateOf(setup, [
      { x: 1, y: 0 },
      { x: 0, y: 1 },
    ]);
    expect(accepted(setup, board, actionOf(0, attack)).state.seq).toBe(2);
  });
});

describe('elimination', () => {
  const last = (more = {}) =>
    stateOf(setup, [
      { x: 5, y: 5 },
      { x: 6, y: 6, hp: 12, resources: 101, ...more },
    ]);

  test('costs half of the resources, rounded down, which stay there; the killer gets 100 on top of the hp it took', () => {
    const { state, answer, events } = accepted(setup, last(), actionOf(0, attack));
    expect(seatOf(state, 1)).toMatchObject({ hp: 0, resources: 51 });
    expect(seatOf(state, 0).score).toBe(112);
    expect(state.drops).toEqual([{ x: 6, y: 6, amount: 50 }]);
    expect(state.ended).toBeNull();
    expect(answer.result).toMatchObject({ damage: 12, targetHp: 0, eliminated: true });
    expect(events.map(({ type, payload }) => [type, payload.seq])).toEqual([
      ['PlayerAttacked', 2],
      ['PlayerEliminated', 3],
    ]);
    expect(events[1]?.payload).toEqual({
      matchId: setup.matchId,
      seq: 3,
      tick: 10,
      actionId: actionId(1),
      playerId: playerId(1),
      killerId: playerId(0),
      killerScore: 112,
      kept: 51,
      drop: { at: { x: 6, y: 6 }, amount: 50 },
    });
  });

  test('leaves nothing when there is nothing to leave', () => {
    const { state, events } = accepted(setup, last({ resources: 1 }), actionOf(0, attack));
    expect(state.drops).toEqual([]);
    expect(seatOf(state, 1).resources).toBe(1);
    expect(events[1]).toMatchObject({ type: 'PlayerEliminated', payload: { kept: 1, drop: null } });
  });

  test('adds to what lies there already', () => {
    const board = { ...last(), drops: [{ x: 6, y: 6, amount: 7 }] };
    const { state, events } = accepted(setup, board, actionOf(0, attack));
    expect(state.drops).toEqual([{ x: 6, y: 6, amount: 57 }]);
    expect(events[1]).toMatchObject({ payload: { drop: { at: { x: 6, y: 6 }, amount: 57 } } });
  });

  test('of the last but one ends the match in the same action', () => {
    const board = stateOf(setup, [{ x: 5, y: 5 }, { x: 6, y: 6, hp: 20 }, { hp: 0 }]);
    const { state, events } = accepted(setup, board, actionOf(0, attack));
    expect(state).toMatchObject({ ended: 'LAST_ALIVE', seq: 4 });
    expect(events.map(({ type, payload }) => [type, payload.seq])).toEqual([
      ['PlayerAttacked', 2],
      ['PlayerEliminated', 3],
      ['MatchFinished', 4],
    ]);
    expect(seatOf(state, 0).score).toBe(20 + 100 + 25);
  });
});

describe('defend', () => {
  test.each([
    ['20', false, 20],
    ['40 when sealed', true, 40],
  ])('is a shield of %s for 10 ticks', (_, sealed, shield) => {
    const { state, answer, events } = accepted(setup, stateOf(setup, []), actionOf(0, defend, { sealed, at: 1234 }));
    expect(seatOf(state, 0)).toMatchObject({ shield, shieldUntilTick: 22 });
    expect(answer.result).toEqual({ type: 'defend', shield, untilTick: 22 });
    expect(events).toMatchObject([{ type: 'PlayerDefended', payload: { shield, untilTick: 22, sealed } }]);
  });

  test('absorbs up to its last tick and not in the one after', () => {
    const shielded = accepted(
      setup,
      stateOf(setup, [
        { x: 5, y: 5 },
        { x: 5, y: 6 },
      ]),
      actionOf(1, defend, { at: 0 }),
    );
    const absorbedAt = (at: number) => accepted(setup, shielded.state, actionOf(0, attack, { at })).answer.result;
    expect(absorbedAt(999)).toMatchObject({ absorbed: 20 });
    expect(absorbedAt(1000)).toMatchObject({ absorbed: 0 });
  });

  test('does not stack', () => {
    const board = stateOf(setup, [{ shield: 15, shieldUntilTick: 50 }]);
    expect(seatOf(accepted(setup, board, actionOf(0, defend)).state, 0)).toMatchObject({ shield: 20 });
  });
});

describe('collect', () => {
  const onNode = (more = {}, rest = {}) => stateOf(setup, [{ x: 4, y: 3, ...more }], rest);

  test('takes 50–150, the score gets 50, and the node is empty for 200 ticks', () => {
    const { state, answer, events } = accepted(setup, onNode({ resources: 5, score: 1 }), actionOf(0, collect));
    const { result } = answer;
    if (result.type !== 'collect') throw new Error('another result');
    expect(result.amount).toBeGreaterThanOrEqual(50);
    expect(result.amount).toBeLessThanOrEqual(150);
    expect(result).toEqual({
      type: 'collect',
      at: { x: 4, y: 3 },
      amount: result.amount,
      resources: 5 + result.amount,
    });
    expect(seatOf(state, 0)).toMatchObject({ resources: 5 + result.amount, score: 51 });
    expect(state.emptied).toEqual([{ x: 4, y: 3, fullAtTick: 210 }]);
    expect(events).toMatchObject([
      { type: 'ResourceCollected', payload: { kind: 'node', amount: result.amount, score: 51, fullAtTick: 210 } },
    ]);
  });

  test('draws from the whole range', () => {
    const amounts = Array.from({ length: 3000 }, (_, number) => {
      const { result } = accepted({ ...setup, seed: `${number}` }, onNode(), actionOf(0, collect)).answer;
      return result.type === 'collect' ? result.amount : 0;
    });
    expect([Math.min(...amounts), Math.max(...amounts)]).toEqual([50, 150]);
    expect(new Set(amounts).size).toBe(101);
    expect(Math.abs(amounts.reduce((sum, amount) => sum + amount) / amounts.length - 100)).toBeLessThan(2);
  });

  test('sealed yields 150', () => {
    const { state } = accepted(setup, onNode(), actionOf(0, collect, { sealed: true }));
    expect(seatOf(state, 0).resources).toBe(150);
  });

  test('is possible again at the tick at which the node is full', () => {
    const board = onNode({}, { emptied: [{ x: 4, y: 3, fullAtTick: 210 }] });
    expect(resolve(setup, board, actionOf(0, collect, { at: 20_999 }))).toMatchObject({ code: 'NODE_EMPTY' });
    const { state } = accepted(setup, board, actionOf(0, collect, { at: 21_000 }));
    expect(state.emptied).toEqual([{ x: 4, y: 3, fullAtTick: 410 }]);
  });

  test.each([false, true])('takes all of what an eliminated player left, once (sealed: %s)', (sealed) => {
    const board = stateOf(setup, [{ x: 5, y: 5 }], { drops: [{ x: 5, y: 5, amount: 33 }] });
    const { state, answer, events } = accepted(setup, board, actionOf(0, collect, { sealed }));
    expect(seatOf(state, 0)).toMatchObject({ resources: 33, score: 50 });
    expect(state).toMatchObject({ drops: [], emptied: [] });
    expect(answer.result).toMatchObject({ amount: 33, resources: 33 });
    expect(events).toMatchObject([{ type: 'ResourceCollected', payload: { kind: 'drop', amount: 33, fullAtTick: 0 } }]);
    expect(resolve(setup, state, actionOf(0, collect, { at: 2000 }))).toMatchObject({ code: 'NOT_A_NODE' });
  });

  test('on a node that has both takes what was left first, and then from the node', () => {
    const first = accepted(setup, onNode({}, { drops: [{ x: 4, y: 3, amount: 33 }] }), actionOf(0, collect));
    expect(seatOf(first.state, 0).resources).toBe(33);
    const second = accepted(setup, first.state, actionOf(0, collect, { at: 1500 }));
    expect(seatOf(second.state, 0).resources).toBeGreaterThanOrEqual(83);
  });
});

describe('time', () => {
  test.each([
    ['is that of the action', 1234, 3, 12],
    ['never goes back', 1234, 40, 40],
    ['is 0 for what comes from before the start', -5000, 0, 0],
  ])('the tick %s', (_, at, tick, expected) => {
    const { state, answer, events } = accepted(setup, stateOf(setup, [], { tick }), actionOf(0, defend, { at }));
    expect([state.tick, answer.tick, events[0]?.payload.tick]).toEqual([expected, expected, expected]);
  });

  test('a player who keeps the pace is not refused, however late and bunched its actions come', () => {
    let state = stateOf(setup, [{ x: 5, y: 9 }], { tick: 900 });
    for (const at of [1000, 1200, 1400]) {
      ({ state } = accepted(setup, state, actionOf(0, move('north'), { at })));
      expect(state.tick).toBe(900);
    }
  });

  test('a clock that goes back does not shorten a cooldown', () => {
    const { state } = accepted(setup, stateOf(setup, []), actionOf(0, defend, { at: 5000 }));
    expect(resolve(setup, state, actionOf(0, defend, { at: 2000 }))).toMatchObject({ retryAfterMs: 3000 });
  });

  test('an event takes the next place, and the answer has that of the first', () => {
    const { state, answer } = accepted(setup, stateOf(setup, [], { seq: 41 }), actionOf(0, defend));
    expect([state.seq, answer.seq]).toEqual([42, 42]);
  });
});
