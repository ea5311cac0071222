import { z } from 'zod';

/** A UUID, in small letters whatever it was given in: PostgreSQL takes both for the same, and so does everything here. */
export const Uuid = z.uuid().toLowerCase();

/** Ids that could be mixed up are branded: a `PlayerId` is not a `MatchId`, though both are UUIDs on the wire. */
export const PlayerId = Uuid.brand<'PlayerId'>();
export type PlayerId = z.infer<typeof PlayerId>;

export const MatchId = Uuid.brand<'MatchId'>();
export type MatchId = z.infer<typeof MatchId>;

/** The client's idempotency key of an action; unique per player. */
export const ActionId = Uuid.brand<'ActionId'>();
export type ActionId = z.infer<typeof ActionId>;

export const EventId = Uuid.brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;

export const CorrelationId = Uuid.brand<'CorrelationId'>();
export type CorrelationId = z.infer<typeof CorrelationId>;

export const TradeId = Uuid.brand<'TradeId'>();
export type TradeId = z.infer<typeof TradeId>;

export const ListingId = Uuid.brand<'ListingId'>();
export type ListingId = z.infer<typeof ListingId>;

/** One sword of one owner; which kind of sword it is, the catalogue's `itemId` says. */
export const ItemId = Uuid.brand<'ItemId'>();
export type ItemId = z.infer<typeof ItemId>;
