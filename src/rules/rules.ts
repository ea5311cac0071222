import { z } from 'zod';
import { ArenaMap, defaultMap, spawnsOf } from './map.ts';

const whole = (value: number, min: number, max: number, meaning: string) =>
  z.int().min(min).max(max).default(value).describe(meaning);

const cooldownMs = z.strictObject({
  move: whole(200, 0, 60_000, 'ms until the next move'),
  attack: whole(500, 0, 60_000, 'ms until the next attack'),
  collect: whole(500, 0, 60_000, 'ms until the next collect'),
  defend: whole(3000, 0, 60_000, 'ms until the next defend'),
});

const score = z.strictObject({
  damage: whole(1, 0, 1000, 'score for each point of hp taken'),
  kill: whole(100, 0, 10_000, 'score for an elimination'),
  collect: whole(50, 0, 10_000, 'score for a collect'),
  alive: whole(25, 0, 10_000, 'score for being alive at the end'),
});

/**
 * The rules of a match as values: what `game.rules` of the chart may override, each key with its default. A match stores
 * the rules that it started with, and they stay its own whatever is configured later.
 */
export const rulesSchema = z
  .strictObject({
    tickMs: whole(100, 10, 1000, 'ms of a tick'),
    lobbySeconds: whole(30, 1, 600, 's that a lobby is open'),
    matchSeconds: whole(300, 5, 3600, 's that a match lasts at most'),
    minPlayers: whole(2, 2, 6, 'players without whom a lobby is cancelled'),
    maxPlayers: whole(6, 2, 6, 'players with whom a lobby starts at once'),
    botsFillTo: whole(4, 0, 6, 'players up to whom bots fill a lobby that has people'),
    botsJoinSeconds: whole(10, 0, 600, 's before the deadline of a lobby from which bots may join'),
    hp: whole(100, 1, 1000, 'hp of a player at the start'),
    attackDamage: whole(20, 0, 1000, 'damage of an attack without a weapon'),
    maxWeaponDamage: whole(20, 0, 1000, 'damage that a weapon adds at most'),
    criticalPercent: whole(10, 0, 100, '% of the attacks that are critical'),
    criticalFactor: whole(2, 1, 10, 'times the damage of a critical attack'),
    shield: whole(20, 1, 1000, 'damage that a shield absorbs'),
    sealedShield: whole(40, 1, 1000, 'damage that a sealed shield absorbs'),
    shieldMs: whole(1000, 10, 60_000, 'ms that a shield lasts'),
    collectMin: whole(50, 1, 10_000, 'resources of a collect, at least'),
    collectMax: whole(150, 1, 10_000, 'resources of a collect, at most'),
    sealedCollect: whole(150, 1, 10_000, 'resources of a sealed collect'),
    nodeRefillMs: whole(20_000, 0, 600_000, 'ms until an emptied resource node is full again'),
    dropPercent: whole(50, 0, 100, '% of its resources that an eliminated player leaves, rounded down'),
    sealedMoveTiles: whole(2, 1, 5, 'tiles of a sealed move'),
    cooldownMs: cooldownMs.prefault({}),
    score: score.prefault({}),
    map: ArenaMap.default(defaultMap).describe('grid, walls, resource nodes, spawn points'),
  })
  .superRefine((rules, context) => {
    const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (rules.minPlayers > rules.maxPlayers) problem('minPlayers', 'is more than maxPlayers');
    if (rules.collectMin > rules.collectMax) problem('collectMin', 'is more than collectMax');
    for (let players = rules.minPlayers; players <= rules.maxPlayers; players += 1) {
      if (spawnsOf(rules.map, players).length === 0) problem('map', `has no spawn points for ${players} players`);
    }
  });
export type Rules = z.infer<typeof rulesSchema>;

export const defaultRules: Rules = rulesSchema.parse({});

/** The length of a match in ms: at this time it is over. */
export const matchMs = (rules: Rules): number => rules.matchSeconds * 1000;

/** The tick that is running so many ms after the start. */
export const tickAt = (rules: Rules, ms: number): number => Math.floor(ms / rules.tickMs);

/** So many ms as ticks, the last begun one counted in full. */
export const ticksOf = (rules: Rules, ms: number): number => Math.ceil(ms / rules.tickMs);
