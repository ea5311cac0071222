import { z } from 'zod';
import { Reward, TradeFailure, TradeTerms } from './economy.ts';
import { ActionRefusal } from './errors.ts';
import { ActionId, CorrelationId, EventId, ItemId, MatchId, PlayerId, TradeId, Uuid } from './ids.ts';
import { ActionAnswer, BoardView, Direction, LobbyPlayer, MatchResult, Position } from './match.ts';

/** How an event looks on every topic; consumers ignore fields that they do not know. */
const envelope = {
  eventId: EventId,
  correlationId: CorrelationId,
  /** The event or action that caused this one; null for what nobody asked for (a timer). */
  causationId: Uuid.nullable(),
  /** The version of this type's schema; a newer one only adds optional fields. */
  version: z.int().positive(),
  timestamp: z.iso.datetime(),
};
const event = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.object({ ...envelope, type: z.literal(type), payload });

const ofMatch = { matchId: MatchId };
/** What happened in a match: its place in the order, and the tick. */
const happened = { ...ofMatch, seq: z.int().positive(), tick: z.int().nonnegative() };
const byAction = { ...happened, actionId: ActionId, playerId: PlayerId, sealed: z.boolean() };
/** Whose action, and a digest of what was asked, so that a reused key is told from a repeated request. */
const ofAction = { ...ofMatch, playerId: PlayerId, actionId: ActionId, fingerprint: z.string() };

const taken = {
  ...ofAction,
  sealed: z.boolean(),
  /** Milliseconds since the epoch, by the clock of the game replica that took the action in. */
  receivedAt: z.int().positive(),
  /** Of a sealed action: the stamps that are left once its own is taken, as its answer will say. */
  stampBalance: z.int().nonnegative().optional(),
};
export const PlayerAction = event(
  'PlayerAction',
  z.discriminatedUnion('type', [
    z.object({ ...taken, type: z.literal('move'), direction: Direction }),
    z.object({ ...taken, type: z.literal('attack'), targetId: PlayerId }),
    z.object({ ...taken, type: z.literal('defend') }),
    z.object({ ...taken, type: z.literal('collect') }),
  ]),
);
export type PlayerAction = z.infer<typeof PlayerAction>;

export const ActionResolved = event('ActionResolved', z.object({ ...ofAction, answer: ActionAnswer }));
export type ActionResolved = z.infer<typeof ActionResolved>;

export const ActionRejected = event(
  'ActionRejected',
  z.object({
    ...ofAction,
    error: z.union([ActionRefusal, z.enum(['NOT_IN_MATCH', 'INSUFFICIENT_STAMPS', 'ACTION_EXPIRED', 'ACTION_FAILED'])]),
    detail: z.string(),
    retryAfterMs: z.int().nonnegative().optional(),
  }),
);
export type ActionRejected = z.infer<typeof ActionRejected>;

export const MatchStarted = event(
  'MatchStarted',
  z.object({
    ...happened,
    startedAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    board: BoardView,
    /** The version of the rules engine that plays the match, and replays it. */
    engineVersion: z.int().positive(),
  }),
);
export type MatchStarted = z.infer<typeof MatchStarted>;

export const PlayerMoved = event('PlayerMoved', z.object({ ...byAction, from: Position, to: Position }));
export const PlayerAttacked = event(
  'PlayerAttacked',
  z.object({
    ...byAction,
    targetId: PlayerId,
    damage: z.int().nonnegative(),
    absorbed: z.int().nonnegative(),
    critical: z.boolean(),
    targetHp: z.int().nonnegative(),
    targetShield: z.int().nonnegative(),
    score: z.int().nonnegative(),
  }),
);
export const PlayerDefended = event(
  'PlayerDefended',
  z.object({ ...byAction, shield: z.int().positive(), untilTick: z.int().nonnegative() }),
);
export const ResourceCollected = event(
  'ResourceCollected',
  z.object({
    ...byAction,
    at: Position,
    kind: z.enum(['node', 'drop']),
    amount: z.int().nonnegative(),
    resources: z.int().nonnegative(),
    score: z.int().nonnegative(),
    /** When the node is full again; 0 for a drop, which is gone. */
    fullAtTick: z.int().nonnegative(),
  }),
);
export const PlayerEliminated = event(
  'PlayerEliminated',
  z.object({
    ...happened,
    actionId: ActionId,
    playerId: PlayerId,
    killerId: PlayerId,
    killerScore: z.int().nonnegative(),
    kept: z.int().nonnegative(),
    /** What lies on the player's tile now; null when it left nothing. */
    drop: z.object({ at: Position, amount: z.int().positive() }).nullable(),
  }),
);
/** A sealed action took effect; `seq` and `tick` are the action's own. */
export const StampUsed = event('StampUsed', z.object({ ...happened, actionId: ActionId, playerId: PlayerId }));
export type StampUsed = z.infer<typeof StampUsed>;

export const MatchFinished = event(
  'MatchFinished',
  z.object({ ...happened, finishedAt: z.iso.datetime(), result: MatchResult, seed: z.string() }),
);
export type MatchFinished = z.infer<typeof MatchFinished>;

export const MatchCancelled = event('MatchCancelled', z.object({ ...ofMatch, players: z.array(LobbyPlayer) }));
export type MatchCancelled = z.infer<typeof MatchCancelled>;

export const MatchEvent = z.discriminatedUnion('type', [
  ActionResolved,
  ActionRejected,
  MatchStarted,
  PlayerMoved,
  PlayerAttacked,
  PlayerDefended,
  ResourceCollected,
  PlayerEliminated,
  StampUsed,
  MatchFinished,
  MatchCancelled,
]);
export type MatchEvent = z.infer<typeof MatchEvent>;

/** What the rules engine says happened: an event without the envelope. */
const bare = { type: true, payload: true } as const;
export const Happening = z.discriminatedUnion('type', [
  MatchStarted.pick(bare),
  PlayerMoved.pick(bare),
  PlayerAttacked.pick(bare),
  PlayerDefended.pick(bare),
  ResourceCollected.pick(bare),
  PlayerEliminated.pick(bare),
  MatchFinished.pick(bare),
]);
export type Happening = z.infer<typeof Happening>;

export const RewardGranted = event('RewardGranted', Reward);
export type RewardGranted = z.infer<typeof RewardGranted>;

/** The saga of a trade: what was asked for, the commands to wallet and inventory, and their replies. */
const ofTrade = { tradeId: TradeId };
const reply = z.object(ofTrade);
const ofFunds = z.object({ ...ofTrade, buyerId: PlayerId, sellerId: PlayerId, amount: z.int().positive() });
const ofItem = z.object({ ...ofTrade, itemId: ItemId, sellerId: PlayerId, buyerId: PlayerId });

export const TradeRequested = event('TradeRequested', TradeTerms);
export const ReserveFunds = event('ReserveFunds', ofFunds);
export const LockItem = event('LockItem', ofItem);
export const TransferFunds = event('TransferFunds', ofFunds);
export const TransferItem = event('TransferItem', ofItem);
export const ReleaseFunds = event('ReleaseFunds', ofFunds);
export const UnlockItem = event('UnlockItem', ofItem);
export const FundsReserved = event('FundsReserved', reply);
export const FundsReservationFailed = event('FundsReservationFailed', reply);
export const ItemLocked = event('ItemLocked', reply);
export const ItemLockFailed = event('ItemLockFailed', reply);
export const FundsTransferred = event('FundsTransferred', reply);
export const ItemTransferred = event('ItemTransferred', reply);
export const FundsReleased = event('FundsReleased', reply);
export const ItemUnlocked = event('ItemUnlocked', reply);
/** The item and the money are where they belong: the seller may have its proceeds, the house its fee. */
export const TradeCompleted = event('TradeCompleted', TradeTerms);
/** All is where it was before the trade. */
export const TradeFailed = event('TradeFailed', TradeTerms.extend({ failure: TradeFailure }));

export const EconomyEvent = z.discriminatedUnion('type', [
  RewardGranted,
  TradeRequested,
  ReserveFunds,
  LockItem,
  TransferFunds,
  TransferItem,
  ReleaseFunds,
  UnlockItem,
  FundsReserved,
  FundsReservationFailed,
  ItemLocked,
  ItemLockFailed,
  FundsTransferred,
  ItemTransferred,
  FundsReleased,
  ItemUnlocked,
  TradeCompleted,
  TradeFailed,
]);
export type EconomyEvent = z.infer<typeof EconomyEvent>;
export type EconomyEventOf<T extends EconomyEvent['type']> = Extract<EconomyEvent, { type: T }>;

/** A player's points from one match, in the leaderboard's topic. */
export const ScoreUpdated = event(
  'ScoreUpdated',
  z.object({ playerId: PlayerId, username: z.string(), matchId: MatchId, points: z.int().nonnegative() }),
);
export type ScoreUpdated = z.infer<typeof ScoreUpdated>;

/** The schema of each topic. Which partitions and retention it has is said by the chart's values alone. */
export const topics = {
  'player-actions': PlayerAction,
  'match-events': MatchEvent,
  'economy-events': EconomyEvent,
  'leaderboard-events': ScoreUpdated,
} as const;
export type Topic = keyof typeof topics;
export type EventOf<T extends Topic> = z.infer<(typeof topics)[T]>;
export type AnyEvent = EventOf<Topic>;
