import { every } from '../platform/every.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import type { Secret } from '../platform/secret.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { routes } from '../contracts/routes.ts';
import type { Api } from './api.ts';
import { Player } from './player.ts';

const names = ['Iris', 'Otto', 'Mina', 'Hugo', 'Lena', 'Emil', 'Nora', 'Finn', 'Ada', 'Max', 'Ida', 'Theo'];
const lookEveryMs = 1000;

/** Bot-Iris, Bot-Otto, …, Bot-Iris-2, … */
export const botName = (index: number): string => {
  const round = Math.floor(index / names.length) + 1;
  return `Bot-${names[index % names.length] ?? ''}${round > 1 ? `-${round}` : ''}`;
};

/**
 * Fills lobbies. Whether one wants a bot, game alone decides: an idle bot asks once a second, and as long as one gets in
 * the next asks too.
 */
export const fillLobbies = (api: Api, secret: Secret, count: number, lifecycle: Lifecycle): void => {
  const idle = Array.from({ length: count }, (_, index) => aBot(api, secret, botName(index), lifecycle.signal));
  const under = new Set<Promise<void>>();
  every(lookEveryMs, 'bots', lifecycle, async () => {
    for (let bot = idle.shift(); bot; bot = idle.shift()) {
      const match = await bot.join().catch(() => null);
      if (match === null) {
        idle.unshift(bot);
        return;
      }
      logger.info({ bot: bot.name, matchId: match.matchId }, 'bot joins');
      const back = bot;
      const playing = bot
        .play(match.matchId, { stamps: false })
        .catch((error: unknown) => {
          if (!lifecycle.draining) logger.warn({ err: error, bot: back.name }, 'bot left its match');
        })
        .finally(() => {
          idle.push(back);
          under.delete(playing);
        });
      under.add(playing);
    }
  });
  lifecycle.onStop('bots in matches', async () => {
    await Promise.all(under);
  });
};

const aBot = (api: Api, secret: Secret, name: string, signal: AbortSignal): Player =>
  new Player(api, {
    name,
    random: Math.random,
    signal,
    signIn: async () => {
      const answer = await api.ask(routes.bot, { body: { name, secret: secret.current } });
      if (!answer.ok) throw new Error(`${name} can't sign in: ${answer.error} ${answer.detail}`);
      return answer.body;
    },
  });
