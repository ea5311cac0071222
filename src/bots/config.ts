import { z } from 'zod';
import { secret } from '../platform/config.ts';

export const botsEnv = {
  /** The front door: bots use the public API alone. */
  GATEWAY_URL: z.url({ protocol: /^https?$/ }),
  /** What bots sign in with. */
  BOT_SECRET: secret(z.string().min(1)),
  /** How many bots fill lobbies at most. */
  BOT_PLAYERS: z.coerce.number().int().min(0).max(200).default(12),
  /** How many players fight, sell and buy without end, as people would; for demonstrations and soaks. */
  DEMO_PLAYERS: z.coerce.number().int().min(0).max(500).default(0),
};
