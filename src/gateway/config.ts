import { z } from 'zod';
import { databaseEnv, httpEnv, redisEnv, secret, serviceEnv } from '../platform/config.ts';
import { parseEndpoints } from './proxy/endpoints.ts';
import { isEd25519 } from './identity/tokens.ts';
import { parseLimit } from './rate-limits.ts';

/** Text that a function makes something of, or null when it can't. */
const parsed = <T>(parse: (text: string) => T | null, expected: string) =>
  z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });

const endpoints = parsed(parseEndpoints, 'dns://name:port or http://host:port,…');

const limit = (standard: string) => parsed(parseLimit, 'requests/seconds, such as 300/10').prefault(standard);

/** PEM; line ends may be written as `\n`, as they must be in some env files. */
const privateKey = parsed((text) => {
  const key = text.replaceAll('\\n', '\n');
  return isEd25519(key) ? key : null;
}, 'a private Ed25519 key as PEM');

export const gatewayEnv = {
  ...serviceEnv,
  ...httpEnv(4000),
  ...databaseEnv,
  ...redisEnv,
  /** The replicas of the services behind. */
  GAME_ENDPOINTS: endpoints,
  WALLET_ENDPOINTS: endpoints,
  INVENTORY_ENDPOINTS: endpoints,
  MARKETPLACE_ENDPOINTS: endpoints,
  LEADERBOARD_ENDPOINTS: endpoints,
  NOTIFICATION_ENDPOINTS: endpoints,
  /** What the platform's bots sign in with; without it nobody is a bot. */
  BOT_SECRET: secret(z.string().min(16, 'at least 16 characters')).optional(),
  /** Signs access tokens (PKCS #8). */
  JWT_PRIVATE_KEY: secret(privateKey),
  /** How long a player stays signed in without playing. */
  SESSION_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
  /** How many passwords are hashed at once (19 MiB and a thread each), and how many may wait for that. */
  PASSWORD_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  PASSWORD_QUEUE: z.coerce.number().int().min(1).max(10_000).default(200),
  /** How many proxies stand before the gateway, and so how much of X-Forwarded-For is to be believed. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  /** The certificate that the front door shows (PEM): its end is told as a metric. */
  FRONT_DOOR_CERTIFICATE_FILE: z.string().optional(),
  /** How long requests are still taken once it is to stop: browsers and balancers keep connections, and do not repeat a POST. */
  LINGER_MS: z.coerce.number().int().min(0).max(20_000).default(3000),
  /** Other origins whose pages may call the API, `https://a.example,https://b.example`. */
  CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .pipe(
      z.array(z.url({ protocol: /^https?$/ }).refine((url) => new URL(url).origin === url, 'expected scheme://host')),
    )
    .default([]),
  /** Requests of one player. */
  RATE_LIMIT_PLAYER: limit('300/10'),
  /** Requests without a valid token, live connections included, from one address. */
  RATE_LIMIT_ADDRESS: limit('1000/10'),
  /** New players from one address. */
  RATE_LIMIT_SIGN_UP: limit('120/60'),
  /** Failed sign-ins to one account, and from one address. */
  RATE_LIMIT_LOGIN_ACCOUNT: limit('10/300'),
  RATE_LIMIT_LOGIN_ADDRESS: limit('100/300'),
};
export type GatewayConfig = z.infer<z.ZodObject<typeof gatewayEnv>>;
