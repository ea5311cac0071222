import { z } from 'zod';

/** Ids that could be mixed up are branded: a `PlayerId` is not a `MatchId`, though both are UUIDs on the wire. */
export const PlayerId = z.uuid().brand<'PlayerId'>();
export type PlayerId = z.infer<typeof PlayerId>;

export const MatchId = z.uuid().brand<'MatchId'>();
export type MatchId = z.infer<typeof MatchId>;

/** The client's idempotency key of an action; unique per player. */
export const ActionId = z.uuid().brand<'ActionId'>();
export type ActionId = z.infer<typeof ActionId>;

export const EventId = z.uuid().brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;

export const CorrelationId = z.uuid().brand<'CorrelationId'>();
export type CorrelationId = z.infer<typeof CorrelationId>;

export const TradeId = z.uuid().brand<'TradeId'>();
export type TradeId = z.infer<typeof TradeId>;

export const ListingId = z.uuid().brand<'ListingId'>();
export type ListingId = z.infer<typeof ListingId>;

/** One sword of one owner; which kind of sword it is, the catalogue's `itemId` says. */
export const ItemId = z.uuid().brand<'ItemId'>();
export type ItemId = z.infer<typeof ItemId>;
