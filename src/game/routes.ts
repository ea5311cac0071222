import { internalRoutes } from '../contracts/internal.ts';
import { routes } from '../contracts/routes.ts';
import { implement, type Implementation } from '../platform/http/route.ts';
import type { Hub } from './hub.ts';
import type { Intake } from './intake.ts';
import type { Lobby } from './lobby.ts';
import type { Matches } from './matches.ts';
import type { Outcomes } from './outcomes.ts';
import type { Replays } from './replays.ts';
import type { MatchTokens } from './tokens.ts';
import type { Rules } from '../rules/index.ts';

/** After the end of a match its live connection may be opened for so long. */
const tokenGraceMs = 10 * 60_000;

export interface GameParts {
  lobby: Lobby;
  matches: Matches;
  intake: Intake;
  outcomes: Outcomes;
  replays: Replays;
  hub: Hub;
  tokens: MatchTokens;
  rules: Rules;
}

export const gameRoutes = ({
  lobby,
  matches,
  intake,
  outcomes,
  replays,
  hub,
  tokens,
  rules,
}: GameParts): Implementation[] => [
  implement(routes.joinMatch, async ({ caller, correlationId }) => {
    const { matchId, joined } = await lobby.join(caller, correlationId);
    if (joined) void hub.announce(matchId);
    const { status, players, gridSize, lobbyEndsAt, endsAt } = await matches.view(matchId);
    const latestEnd = endsAt === null ? Date.parse(lobbyEndsAt ?? '') + rules.matchSeconds * 1000 : Date.parse(endsAt);
    const validUntil = new Date((Number.isNaN(latestEnd) ? Date.now() : latestEnd) + tokenGraceMs);
    const wsToken = await tokens.issue({ playerId: caller.playerId, matchId }, validUntil);
    return { matchId, status, players, gridSize, lobbyEndsAt, wsToken };
  }),

  implement(routes.listMatches, ({ caller, query }) => matches.history(caller.playerId, query)),

  implement(routes.getMatch, ({ params }) => matches.view(params.id)),

  implement(routes.act, ({ params, headers, body, caller, correlationId }) =>
    intake.act({
      matchId: params.id,
      playerId: caller.playerId,
      actionId: headers['x-idempotency-key'],
      request: body,
      correlationId,
    }),
  ),

  implement(routes.replayMatch, ({ params }) => replays.of(params.id)),

  implement(internalRoutes.expireActions, async ({ body, correlationId }) => {
    await outcomes.expire(body.actions, correlationId);
    return undefined;
  }),
];
