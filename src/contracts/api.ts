import { z } from 'zod';
import { MatchId, PlayerId } from './ids.ts';
import { LobbyPlayer, MatchResult, MatchStatus, PlayerOutcome } from './match.ts';

/** 3–24 letters, digits, `_` or `-`. Compared without regard to case. */
export const Username = z.string().regex(/^[A-Za-z0-9_-]{3,24}$/, '3 to 24 letters, digits, _ or -');
export const Password = z.string().min(8, 'at least 8 characters').max(128, 'at most 128 characters');
export const Credentials = z.strictObject({ username: Username, password: Password });
export type Credentials = z.infer<typeof Credentials>;

/** An empty body, `{}` or none. */
export const Empty = z.strictObject({}).optional();

/** `name` tells the platform's bots apart: the same name is the same player. */
export const BotCredentials = z.strictObject({ name: Username, secret: z.string().min(1).max(512) });
export type BotCredentials = z.infer<typeof BotCredentials>;

export const RefreshRequest = z.strictObject({ refreshToken: z.string().min(1).max(512) });
export type RefreshRequest = z.infer<typeof RefreshRequest>;

/** A pair of tokens; `expiresIn` is the access token's life in seconds. */
export const Session = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.int().positive(),
  playerId: PlayerId,
  username: z.string(),
  guest: z.boolean(),
});
export type Session = z.infer<typeof Session>;

/** The keys that access tokens are signed with (RFC 7517): the current one, and while it is changed the one before. */
export const PublicKeys = z.object({ keys: z.array(z.record(z.string(), z.string())) });
export type PublicKeys = z.infer<typeof PublicKeys>;

export const Health = z.object({ status: z.literal('ok'), uptime: z.number().nonnegative() });
export type Health = z.infer<typeof Health>;

/** POST /matches: `wsToken` opens the live connection and is valid to the end of the match. */
export const JoinedMatch = z.object({
  matchId: MatchId,
  status: MatchStatus,
  players: z.array(LobbyPlayer),
  gridSize: z.int().positive(),
  lobbyEndsAt: z.iso.datetime().nullable(),
  wsToken: z.string(),
});
export type JoinedMatch = z.infer<typeof JoinedMatch>;

export const Page = z.strictObject({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type Page = z.infer<typeof Page>;

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), total: z.int().nonnegative(), page: z.int().positive() });

/** A line of GET /matches, the caller's history, newest first. */
export const MatchSummary = z.object({
  matchId: MatchId,
  status: MatchStatus,
  players: z.array(LobbyPlayer),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  /** The caller's own. */
  outcome: PlayerOutcome.nullable(),
  score: z.int().nonnegative().nullable(),
  result: MatchResult.nullable(),
});
export type MatchSummary = z.infer<typeof MatchSummary>;
export const MatchHistory = pageOf(MatchSummary);
export type MatchHistory = z.infer<typeof MatchHistory>;
