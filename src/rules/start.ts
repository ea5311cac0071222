import { spawnsOf } from './map.ts';
import { drawOrder } from './random.ts';
import { matchMs } from './rules.ts';
import { engineVersion, timestamp, type MatchSetup, type MatchState, type Progress } from './state.ts';
import { view } from './view.ts';

/**
 * The first state of a match, everybody on a drawn spawn point, and MatchStarted.
 * Throws when the map has no spawn points for that number of players.
 */
export function createMatch(setup: MatchSetup): Progress {
  const { rules, players, seed, matchId } = setup;
  const spawns = spawnsOf(rules.map, players.length);
  if (spawns.length === 0) throw new Error(`The map has no spawn points for ${players.length} players`);
  const seq = 1;
  const state: MatchState = {
    seq,
    tick: 0,
    players: drawOrder(seed, seq, 'spawn', spawns).map(({ x, y }) => ({
      x,
      y,
      hp: rules.hp,
      score: 0,
      resources: 0,
      shield: 0,
      shieldUntilTick: 0,
      at: 0,
      readyAt: { move: 0, attack: 0, defend: 0, collect: 0 },
    })),
    emptied: [],
    drops: [],
    ended: null,
  };
  const started = {
    matchId,
    seq,
    tick: state.tick,
    startedAt: timestamp(setup, 0),
    endsAt: timestamp(setup, matchMs(rules)),
    board: view(setup, state),
    engineVersion,
  };
  return { state, events: [{ type: 'MatchStarted', payload: started }] };
}
