import type { ActionType, BoardView, NodeView, PlayerView } from '../contracts/match.ts';
import { ticksOf } from './rules.ts';
import { resourceNodes, type MatchSetup, type MatchState } from './state.ts';
import { sameTile } from './tiles.ts';

/** What everybody may see of a match. Nothing in it tells of the seed. */
export function view(setup: MatchSetup, state: MatchState): BoardView {
  const { rules } = setup;
  const nodes = resourceNodes(setup).map(({ x, y }): NodeView => {
    const emptied = state.emptied.find((tile) => sameTile(tile, { x, y }));
    const fullAtTick = emptied !== undefined && emptied.fullAtTick > state.tick ? emptied.fullAtTick : 0;
    return { x, y, kind: 'node', amount: null, fullAtTick };
  });
  const drops = state.drops.map(({ x, y, amount }): NodeView => ({ x, y, kind: 'drop', amount, fullAtTick: 0 }));
  return {
    tick: state.tick,
    tickMs: rules.tickMs,
    gridSize: rules.map.gridSize,
    maxHp: rules.hp,
    sealedMoveTiles: rules.sealedMoveTiles,
    cooldownMs: rules.cooldownMs,
    walls: rules.map.walls,
    nodes: [...nodes, ...drops],
    players: players(setup, state),
  };
}

function players(setup: MatchSetup, state: MatchState): PlayerView[] {
  return setup.players.flatMap(({ playerId, username, bot, weapon }, seat) => {
    const player = state.players[seat];
    if (player === undefined) return [];
    const { x, y, hp, score, resources, shield, shieldUntilTick, readyAt } = player;
    const shielded = shieldUntilTick > state.tick && shield > 0;
    const ready = (type: ActionType) => ticksOf(setup.rules, readyAt[type]);
    return {
      playerId,
      username,
      bot,
      seat,
      x,
      y,
      hp,
      score,
      resources,
      shield: shielded ? shield : 0,
      shieldUntilTick: shielded ? shieldUntilTick : 0,
      alive: hp > 0,
      weapon,
      readyAtTick: { move: ready('move'), attack: ready('attack'), defend: ready('defend'), collect: ready('collect') },
    };
  });
}
