import { z } from 'zod';
import { ActionId, MatchId, PlayerId } from './ids.ts';

export const Direction = z.enum(['north', 'south', 'east', 'west']);
export type Direction = z.infer<typeof Direction>;

export const ActionType = z.enum(['move', 'attack', 'defend', 'collect']);
export type ActionType = z.infer<typeof ActionType>;

export const Position = z.object({ x: z.int().min(0), y: z.int().min(0) });
export type Position = z.infer<typeof Position>;

export const MatchStatus = z.enum(['PENDING', 'RUNNING', 'FINISHED', 'CANCELLED']);
export type MatchStatus = z.infer<typeof MatchStatus>;

/** A request for an action, as it comes over HTTP; the same, with `actionId`, over the live connection. */
const sealable = { useStamp: z.boolean().optional() };
const nothing = z.strictObject({}).optional();
export const ActionRequest = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('move'), payload: z.strictObject({ direction: Direction }), ...sealable }),
  z.strictObject({ type: z.literal('attack'), payload: z.strictObject({ targetId: PlayerId }), ...sealable }),
  z.strictObject({ type: z.literal('defend'), payload: nothing, ...sealable }),
  z.strictObject({ type: z.literal('collect'), payload: nothing, ...sealable }),
]);
export type ActionRequest = z.infer<typeof ActionRequest>;

/** What an action did. Amounts are whole numbers; times are ticks since the start of the match. */
export const ActionResult = z.discriminatedUnion('type', [
  z.object({ type: z.literal('move'), from: Position, to: Position }),
  z.object({
    type: z.literal('attack'),
    targetId: PlayerId,
    damage: z.int().nonnegative(),
    absorbed: z.int().nonnegative(),
    critical: z.boolean(),
    targetHp: z.int().nonnegative(),
    eliminated: z.boolean(),
  }),
  z.object({ type: z.literal('defend'), shield: z.int().positive(), untilTick: z.int().nonnegative() }),
  z.object({
    type: z.literal('collect'),
    at: Position,
    amount: z.int().nonnegative(),
    resources: z.int().nonnegative(),
  }),
]);
export type ActionResult = z.infer<typeof ActionResult>;

/** The authoritative answer to an action that took effect. */
export const ActionAnswer = z.object({
  actionId: ActionId,
  type: ActionType,
  seq: z.int().positive(),
  tick: z.int().nonnegative(),
  result: ActionResult,
  sealed: z.boolean(),
  stampBalance: z.int().nonnegative().optional(),
});
export type ActionAnswer = z.infer<typeof ActionAnswer>;

export const PlayerOutcome = z.enum(['WINNER', 'SURVIVOR', 'ELIMINATED']);
export type PlayerOutcome = z.infer<typeof PlayerOutcome>;

export const FinalScore = z.object({
  playerId: PlayerId,
  username: z.string(),
  bot: z.boolean(),
  score: z.int().nonnegative(),
  hp: z.int().nonnegative(),
  /** What the player holds at the end: for the eliminated what it kept when it fell. 1 resource = 1 currency. */
  resources: z.int().nonnegative(),
  outcome: PlayerOutcome,
});
export type FinalScore = z.infer<typeof FinalScore>;

export const MatchResult = z.object({
  /** One winner, or all of the tied in a draw. */
  winners: z.array(PlayerId),
  draw: z.boolean(),
  reason: z.enum(['LAST_ALIVE', 'TIME_LIMIT']),
  scores: z.array(FinalScore),
});
export type MatchResult = z.infer<typeof MatchResult>;

export const PlayerView = z.object({
  playerId: PlayerId,
  username: z.string(),
  bot: z.boolean(),
  /** 0 … 5 in the order of joining; stays the same for the whole match (a colour, a place in the list). */
  seat: z.int().nonnegative(),
  x: z.int().nonnegative(),
  y: z.int().nonnegative(),
  hp: z.int().nonnegative(),
  score: z.int().nonnegative(),
  resources: z.int().nonnegative(),
  shield: z.int().nonnegative(),
  shieldUntilTick: z.int().nonnegative(),
  alive: z.boolean(),
  weapon: z.object({ itemId: z.string(), damage: z.int().nonnegative() }).nullable(),
  /** The tick from which each kind of action is possible again. */
  readyAtTick: z.object({ move: z.int(), attack: z.int(), defend: z.int(), collect: z.int() }),
});
export type PlayerView = z.infer<typeof PlayerView>;

export const NodeView = z.object({
  x: z.int().nonnegative(),
  y: z.int().nonnegative(),
  /** A node of the map refills; a drop is what an eliminated player left, and is gone once collected. */
  kind: z.enum(['node', 'drop']),
  /** For a drop what it holds; for a node null, as the amount is drawn when it is collected. */
  amount: z.int().positive().nullable(),
  /** 0 when full, else the tick at which it is full again. */
  fullAtTick: z.int().nonnegative(),
});
export type NodeView = z.infer<typeof NodeView>;

/** All that everybody may see of a running or ended match. */
export const BoardView = z.object({
  tick: z.int().nonnegative(),
  tickMs: z.int().positive(),
  gridSize: z.int().positive(),
  /** The hp of a player at the start. Boards of older events do not have it, nor what follows. */
  maxHp: z.int().positive().default(100),
  /** How far a sealed move goes. */
  sealedMoveTiles: z.int().positive().default(2),
  /** How long after an action of a kind the next one is possible. */
  cooldownMs: z.object({ move: z.int(), attack: z.int(), defend: z.int(), collect: z.int() }),
  walls: z.array(Position),
  nodes: z.array(NodeView),
  players: z.array(PlayerView),
});
export type BoardView = z.infer<typeof BoardView>;

export const LobbyPlayer = z.object({ playerId: PlayerId, username: z.string(), bot: z.boolean() });
export type LobbyPlayer = z.infer<typeof LobbyPlayer>;

/** GET /matches/:id and `match.state`. `board` is there once the match has started. Times are ISO 8601. */
export const MatchView = z.object({
  matchId: MatchId,
  status: MatchStatus,
  seq: z.int().nonnegative(),
  gridSize: z.int().positive(),
  players: z.array(LobbyPlayer),
  minPlayers: z.int().positive(),
  maxPlayers: z.int().positive(),
  /** The server's clock when this was written, so that a client can count down without trusting its own. */
  serverTime: z.iso.datetime(),
  lobbyEndsAt: z.iso.datetime().nullable(),
  startedAt: z.iso.datetime().nullable(),
  endsAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  board: BoardView.nullable(),
  result: MatchResult.nullable(),
  /** Secret until the end. */
  seed: z.string().nullable(),
});
export type MatchView = z.infer<typeof MatchView>;
