import { z } from 'zod';
import { Position } from '../contracts/match.ts';
import { isOnGrid, sameTile } from './tiles.ts';

const tiles = z.array(z.strictObject(Position.shape));

/** The board before anybody stands on it. */
export const ArenaMap = z
  .strictObject({
    gridSize: z.int().min(3).max(20),
    walls: tiles.max(200),
    nodes: tiles.max(20),
    /** One list for each number of players, with as many tiles. A node under a spawn point gives way to it. */
    spawns: z.array(tiles).max(5),
  })
  .superRefine(({ gridSize, walls, nodes, spawns }, context) => {
    const problem = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const check = (path: (string | number)[], list: Position[]) =>
      list.forEach((tile, index) => {
        if (!isOnGrid({ gridSize }, tile)) problem([...path, index], 'is off the grid');
        if (list.findIndex((other) => sameTile(other, tile)) !== index) problem([...path, index], 'is there twice');
        if (list !== walls && walls.some((wall) => sameTile(wall, tile))) problem([...path, index], 'is a wall');
      });
    check(['walls'], walls);
    check(['nodes'], nodes);
    spawns.forEach((list, index) => check(['spawns', index], list));
  });
export type ArenaMap = z.infer<typeof ArenaMap>;

const at = (...pairs: [number, number][]): Position[] => pairs.map(([x, y]) => ({ x, y }));
const corners: [number, number][] = [
  [0, 0],
  [9, 0],
  [0, 9],
  [9, 9],
];

export const defaultMap: ArenaMap = {
  gridSize: 10,
  walls: at([1, 1], [2, 1], [7, 1], [8, 1], [1, 2], [8, 2], [1, 7], [8, 7], [1, 8], [2, 8], [7, 8], [8, 8]),
  nodes: at([4, 0], [4, 3], [0, 4], [3, 4], [6, 4], [9, 4], [4, 5], [4, 9]),
  spawns: [
    at([0, 0], [9, 9]),
    at([0, 0], [9, 0], [4, 9]),
    at(...corners),
    at(...corners, [4, 4]),
    at(...corners, [0, 4], [9, 4]),
  ],
};

/** The spawn points of a match of so many players; empty when the map has none for that number. */
export const spawnsOf = (map: ArenaMap, players: number): Position[] =>
  map.spawns.find((list) => list.length === players) ?? [];

/** The resource nodes of a match of so many players. */
export const nodesOf = (map: ArenaMap, players: number): Position[] => {
  const spawns = spawnsOf(map, players);
  return map.nodes.filter((node) => !spawns.some((spawn) => sameTile(spawn, node)));
};
