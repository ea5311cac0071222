import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { routes, type RouteContract } from '../contracts/routes.ts';
import type { Session } from '../contracts/api.ts';
import { ApiError } from '../platform/errors.ts';
import { implement, type Forwarding, type Implementation } from '../platform/http/route.ts';
import type { Secret } from '../platform/secret.ts';
import { health } from './edge.ts';
import type { Accounts, SignedIn } from './identity/accounts.ts';
import { accessTokenSeconds, type AccessTokens } from './identity/tokens.ts';
import { forwardTo } from './proxy/forward.ts';
import type { Upstream } from './proxy/upstream.ts';
import type { RateLimits } from './rate-limits.ts';

export interface Parts {
  accounts: Accounts;
  tokens: AccessTokens;
  limits: RateLimits;
  botSecret: Secret | undefined;
  upstreams: Upstreams;
}

/** Who answers what the gateway does not. */
export type Upstreams = Readonly<Record<Exclude<RouteContract['service'], 'gateway'>, Upstream>>;

/** Every call of the API: answered here, or passed on to who owns it. */
export const gatewayRoutes = (parts: Parts): (Implementation | Forwarding)[] => [
  ...identityRoutes(parts),
  ...Object.values<RouteContract>(routes).flatMap((contract) =>
    contract.service === 'gateway' ? [] : [forwardTo(parts.upstreams[contract.service], contract)],
  ),
];

const identityRoutes = ({ accounts, tokens, limits, botSecret }: Parts): Implementation[] => {
  const session = async ({ refreshToken, ...identity }: SignedIn): Promise<Session> => ({
    accessToken: await tokens.issue(identity),
    refreshToken,
    expiresIn: accessTokenSeconds,
    playerId: identity.playerId,
    username: identity.username,
    guest: identity.guest,
  });
  return [
    implement(routes.health, async () => health()),
    implement(routes.guest, async ({ address }) => {
      await limits.signUp(address);
      return session(await accounts.guest());
    }),
    implement(routes.register, async ({ body, caller, address }) => {
      await limits.signUp(address);
      return session(await accounts.register(body, caller?.playerId ?? null));
    }),
    implement(routes.login, async ({ body, address }) =>
      session(await limits.login(body.username, address, () => accounts.login(body))),
    ),
    implement(routes.bot, async ({ body }) => {
      if (botSecret?.all.some((secret) => same(body.secret, secret)) !== true) {
        throw new ApiError('UNAUTHORIZED', 'This is not the secret of the bots.');
      }
      return session(await accounts.bot(body.name));
    }),
    implement(routes.publicKeys, async () => ({
      keys: (await tokens.publicKeys()).map((key) => z.record(z.string(), z.string()).parse(key)),
    })),
    implement(routes.refresh, async ({ body }) => session(await accounts.refresh(body.refreshToken))),
    implement(routes.logout, async ({ body }) => {
      await accounts.logout(body.refreshToken);
      return undefined;
    }),
  ];
};

/** Takes as long for a wrong secret as for the right one. */
const same = (given: string, expected: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
};
