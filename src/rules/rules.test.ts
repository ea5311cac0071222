import { expect, test } from '@jest/globals';
import { defaultRules, matchMs, rulesSchema, tickAt, ticksOf } from './rules.ts';

test('the defaults are the numbers of the product', () => {
  const { map: _map, ...numbers } = defaultRules;
  expect(numbers).toEqual({
    tickMs: 100,
    lobbySeconds: 30,
    matchSeconds: 300,
    minPlayers: 2,
    maxPlayers: 6,
    botsFillTo: 4,
    botsJoinSeconds: 10,
    hp: 100,
    attackDamage: 20,
    maxWeaponDamage: 20,
    criticalPercent: 10,
    criticalFactor: 2,
    shield: 20,
    sealedShield: 40,
    shieldMs: 1000,
    collectMin: 50,
    collectMax: 150,
    sealedCollect: 150,
    nodeRefillMs: 20_000,
    dropPercent: 50,
    sealedMoveTiles: 2,
    cooldownMs: { move: 200, attack: 500, collect: 500, defend: 3000 },
    score: { damage: 1, kill: 100, collect: 50, alive: 25 },
  });
});

test('what is overridden is overridden, down to a single cooldown', () => {
  const rules = rulesSchema.parse({ matchSeconds: 60, cooldownMs: { move: 100 } });
  expect(rules).toEqual({ ...defaultRules, matchSeconds: 60, cooldownMs: { ...defaultRules.cooldownMs, move: 100 } });
});

test('rules that are stored are read back as they were', () => {
  expect(rulesSchema.parse(JSON.parse(JSON.stringify(defaultRules)))).toEqual(defaultRules);
});

const { map } = defaultRules;
test.each([
  ['an unknown key', { matchMinutes: 5 }, 'matchMinutes'],
  ['an unknown key within', { cooldownMs: { jump: 5 } }, 'jump'],
  ['a fraction', { hp: 1.5 }, 'hp'],
  ['a text', { hp: '100' }, 'hp'],
  ['less than nothing', { attackDamage: -1 }, 'attackDamage'],
  ['a tick of no length', { tickMs: 0 }, 'tickMs'],
  ['a match for one', { minPlayers: 1 }, 'minPlayers'],
  ['more players than there are places', { maxPlayers: 7 }, 'maxPlayers'],
  ['more players at least than at most', { minPlayers: 4, maxPlayers: 3 }, 'minPlayers'],
  ['a collect of at least more than at most', { collectMin: 200 }, 'collectMin'],
  ['a wall off the grid', { map: { ...map, walls: [{ x: 10, y: 0 }] } }, 'walls'],
  ['a wall that is there twice', { map: { ...map, walls: [...map.walls, { x: 1, y: 1 }] } }, 'walls'],
  ['a node in a wall', { map: { ...map, nodes: [{ x: 1, y: 1 }] } }, 'nodes'],
  ['a spawn point in a wall', { map: { ...map, spawns: [[{ x: 1, y: 1 }]] } }, 'spawns'],
  ['no spawn points for a number of players', { map: { ...map, spawns: map.spawns.slice(1) } }, '2 players'],
])('refused: %s', (_, overrides, named) => {
  const parsed = rulesSchema.safeParse(overrides);
  expect(parsed.success).toBe(false);
  expect(JSON.stringify(parsed.error?.issues)).toContain(named);
});

test('times in ms as ticks', () => {
  expect(matchMs(defaultRules)).toBe(300_000);
  expect([0, 99, 100, 299_999].map((ms) => tickAt(defaultRules, ms))).toEqual([0, 0, 1, 2999]);
  expect([0, 1, 100, 101].map((ms) => ticksOf(defaultRules, ms))).toEqual([0, 1, 1, 2]);
});
