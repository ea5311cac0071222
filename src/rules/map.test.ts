import { expect, test } from '@jest/globals';
import { defaultMap, nodesOf, spawnsOf } from './map.ts';

/** # wall, o resource node; the map as product.md lists it. */
const drawn = [
  '....o.....',
  '.##....##.',
  '.#......#.',
  '....o.....',
  'o..o..o..o',
  '....o.....',
  '..........',
  '.#......#.',
  '.##....##.',
  '....o.....',
];

test('walls and nodes lie where the product has them', () => {
  const rows = Array.from({ length: defaultMap.gridSize }, (_, y) =>
    Array.from({ length: defaultMap.gridSize }, (_, x) => {
      const isHere = (tile: { x: number; y: number }) => tile.x === x && tile.y === y;
      return defaultMap.walls.some(isHere) ? '#' : defaultMap.nodes.some(isHere) ? 'o' : '.';
    }).join(''),
  );
  expect(rows).toEqual(drawn);
});

const points = (tiles: { x: number; y: number }[]) => tiles.map(({ x, y }) => `${x},${y}`).join(' ');

test.each([
  [2, '0,0 9,9', 8],
  [3, '0,0 9,0 4,9', 7],
  [4, '0,0 9,0 0,9 9,9', 8],
  [5, '0,0 9,0 0,9 9,9 4,4', 8],
  [6, '0,0 9,0 0,9 9,9 0,4 9,4', 6],
])('%i players start at %s, and %i nodes are left', (players, spawns, nodes) => {
  expect(points(spawnsOf(defaultMap, players))).toBe(spawns);
  expect(nodesOf(defaultMap, players)).toHaveLength(nodes);
});

test('a node under a spawn point gives way to it in that match alone', () => {
  expect(points(nodesOf(defaultMap, 3))).not.toContain('4,9');
  expect(points(nodesOf(defaultMap, 2))).toContain('4,9');
  expect(points(nodesOf(defaultMap, 6))).toBe('4,0 4,3 3,4 6,4 4,5 4,9');
});

test('there are no spawn points for a number of players that the map is not for', () => {
  expect(spawnsOf(defaultMap, 1)).toEqual([]);
});
