import type { MatchServerMessages } from '../../contracts/live.ts';
import type { ActionType, BoardView, MatchResult, MatchView, NodeView, PlayerView } from '../../contracts/match.ts';

/** A message of the live connection, under its name. */
export type MatchMessage = {
  [Name in keyof MatchServerMessages]: { name: Name; body: Parameters<MatchServerMessages[Name]>[0] };
}[keyof MatchServerMessages];

/** What all players see happen: what the feed tells, what moves, flashes and sounds. */
export type Happening = Extract<
  MatchMessage,
  { name: 'match.started' | 'match.action' | 'match.player_eliminated' | 'match.finished' }
>;

/** `id` grows by one with each entry, so that what has been shown once is not shown again. */
export interface LogEntry {
  id: number;
  happening: Happening;
}

/** A match as this page knows it. */
export interface MatchModel {
  /** Null until the first `match.state`. */
  match: MatchView | null;
  /** What to add to this browser's clock to get the server's, in ms. Late by the time that a message travels, never early. */
  clockOffset: number;
  /** Messages were missed: what comes is left alone until a `match.state` says how things stand. */
  behind: boolean;
  log: readonly LogEntry[];
}

export const emptyModel: MatchModel = { match: null, clockOffset: 0, behind: false, log: [] };

const keptEntries = 40;

/** What a message makes of the model. `now` is this browser's clock at its receipt, in ms since the epoch. */
export function receive(model: MatchModel, message: MatchMessage, now: number): MatchModel {
  if (message.name === 'match.state') return resume(model, message.body, now);
  const { match } = model;
  if (match === null || message.body.matchId !== match.matchId) return model;
  if (message.name === 'match.cancelled') return { ...model, match: { ...match, status: 'CANCELLED' } };
  if (model.behind || message.body.seq <= match.seq) return model;
  if (message.body.seq > match.seq + 1) return { ...model, behind: true };
  const changed = apply(match, message);
  // A happening that does not fit what is known, like an action on a board not yet seen: the state will tell.
  if (changed === null) return { ...model, behind: true };
  return { ...model, match: { ...changed, seq: message.body.seq }, log: append(model.log, message) };
}

/** A `match.state` replaces all that is known, except by one that is older (an answer over HTTP that was overtaken). */
function resume(model: MatchModel, state: MatchView, now: number): MatchModel {
  const { match } = model;
  const older = match !== null && match.matchId === state.matchId && state.seq < match.seq;
  if (older) return model;
  return { ...model, match: state, behind: false, clockOffset: Date.parse(state.serverTime) - now };
}

const append = (log: readonly LogEntry[], happening: Happening): LogEntry[] => [
  ...log.slice(1 - keptEntries),
  { id: (log.at(-1)?.id ?? 0) + 1, happening },
];

function apply(match: MatchView, { name, body }: Happening): MatchView | null {
  if (name === 'match.started') {
    const { startedAt, endsAt, board } = body;
    return { ...match, status: 'RUNNING', startedAt, endsAt, board };
  }
  if (name === 'match.finished') {
    const { finishedAt, result } = body;
    return { ...match, status: 'FINISHED', finishedAt, result, board: match.board && settle(match.board, result) };
  }
  if (match.board === null) return null;
  const board = { ...match.board, tick: body.tick };
  return { ...match, board: name === 'match.action' ? act(board, body) : eliminate(board, body) };
}

type Action = Extract<MatchMessage, { name: 'match.action' }>['body'];
type Elimination = Extract<MatchMessage, { name: 'match.player_eliminated' }>['body'];

function act(board: BoardView, action: Action): BoardView {
  switch (action.type) {
    case 'PlayerMoved':
      return change(board, action.playerId, (me) => ({ ...spent(board, me, 'move'), x: action.to.x, y: action.to.y }));
    case 'PlayerAttacked': {
      const { playerId, targetId, targetHp, targetShield, score } = action;
      const hit = change(board, targetId, (target) => ({ ...target, hp: targetHp, shield: targetShield }));
      return change(hit, playerId, (me) => ({ ...spent(board, me, 'attack'), score }));
    }
    case 'PlayerDefended': {
      const { playerId, shield, untilTick } = action;
      return change(board, playerId, (me) => ({ ...spent(board, me, 'defend'), shield, shieldUntilTick: untilTick }));
    }
    case 'ResourceCollected': {
      const { playerId, resources, score, at, kind, fullAtTick } = action;
      const isIt = (node: NodeView) => node.x === at.x && node.y === at.y && node.kind === kind;
      const nodes =
        kind === 'drop'
          ? board.nodes.filter((node) => !isIt(node))
          : board.nodes.map((node) => (isIt(node) ? { ...node, fullAtTick } : node));
      return change({ ...board, nodes }, playerId, (me) => ({ ...spent(board, me, 'collect'), resources, score }));
    }
  }
}

function eliminate(board: BoardView, { playerId, killerId, killerScore, kept, drop }: Elimination): BoardView {
  const fallen = change(board, playerId, (player) => ({ ...player, hp: 0, alive: false, shield: 0, resources: kept }));
  const scored = change(fallen, killerId, (killer) => ({ ...killer, score: killerScore }));
  if (drop === null) return scored;
  const { x, y } = drop.at;
  const others = scored.nodes.filter((node) => node.kind !== 'drop' || node.x !== x || node.y !== y);
  return { ...scored, nodes: [...others, { x, y, kind: 'drop', amount: drop.amount, fullAtTick: 0 }] };
}

/** Being alive at the end is worth points too. */
function settle(board: BoardView, { scores }: MatchResult): BoardView {
  const final = (id: string) => scores.find(({ playerId }) => playerId === id)?.score;
  return {
    ...board,
    players: board.players.map((player) => ({ ...player, score: final(player.playerId) ?? player.score })),
  };
}

function change(board: BoardView, playerId: string, to: (player: PlayerView) => PlayerView): BoardView {
  return { ...board, players: board.players.map((player) => (player.playerId === playerId ? to(player) : player)) };
}

function spent(board: BoardView, player: PlayerView, type: ActionType): PlayerView {
  const ready = board.tick + Math.ceil(board.cooldownMs[type] / board.tickMs);
  return { ...player, readyAtTick: { ...player.readyAtTick, [type]: ready } };
}
