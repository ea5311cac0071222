import type { Context } from 'koa';
import { PlayerId } from '../../contracts/ids.ts';
import type { Caller } from './route.ts';

/**
 * How the gateway tells the services behind it who calls. It strips these headers from what comes from outside, and the
 * services' ports are open to the gateway alone.
 */
export const identityHeaders = {
  playerId: 'x-idempo-player-id',
  username: 'x-idempo-username',
  /** `true` for a bot. */
  bot: 'x-idempo-bot',
} as const;

/** The caller as the gateway has verified it. */
export const callerFromGateway = (context: Context): Caller | null => {
  const playerId = PlayerId.safeParse(context.get(identityHeaders.playerId));
  if (!playerId.success) return null;
  return {
    playerId: playerId.data,
    username: context.get(identityHeaders.username),
    bot: context.get(identityHeaders.bot) === 'true',
  };
};
