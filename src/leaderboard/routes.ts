import { routes } from '../contracts/routes.ts';
import { implement, PreparedAnswer, type Implementation } from '../platform/http/route.ts';
import type { Ranking } from './ranking.ts';

export const leaderboardRoutes = (ranking: Ranking): Implementation[] => [
  implement(routes.top100, async () => new PreparedAnswer(await ranking.top())),
  implement(routes.myRank, async ({ caller }) => new PreparedAnswer(await ranking.around(caller.playerId))),
];
