import { spawn } from 'node:child_process';
import { ApiClient, PlayerClient } from '../load/client.ts';
import { playMatch } from '../play.ts';
import { freePort } from '../ports.ts';
import { buyFromHouse } from '../trade.ts';
import { held } from './cluster.ts';

/** The front door without an ingress controller: web passes on what is the gateway's. By a port-forward, which lasts as long as the pod that it leads to. */
export const withFrontDoor = async <T>(namespace: string, work: (api: ApiClient) => Promise<T>): Promise<T> => {
  const port = String(await freePort());
  const forward = spawn('kubectl', ['port-forward', '--namespace', namespace, 'service/web', `${port}:3001`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let api: ApiClient | undefined;
  try {
    await new Promise((resolve, reject) => {
      forward.stdout.once('data', resolve);
      forward.once('exit', () => reject(new Error('kubectl port-forward ended')));
    });
    api = new ApiClient(`http://127.0.0.1:${port}`);
    return await work(api);
  } finally {
    await api?.close();
    forward.kill();
  }
};

/** A match of two, and a sword for who won it. */
export const playAndBuy = async (players: readonly [PlayerClient, PlayerClient]): Promise<void> => {
  const { matchId, seconds, resolved, refused, result } = await playMatch(players);
  held(`played match ${matchId} in ${seconds.toFixed(0)} s: ${resolved} actions, ${refused} refused, ${result.reason}`);
  const winner = players.find(({ playerId }) => result.winners.includes(playerId));
  if (winner === undefined) throw new Error('the winner is neither of the two players');
  const bought = await buyFromHouse(winner);
  held(
    `the winner got ${bought.balance} after ${bought.rewardSeconds.toFixed(1)} s, and bought: ${bought.item} for ${bought.price} in ${bought.tradeSeconds.toFixed(1)} s`,
  );
};

export const playAsGuests = (namespace: string): Promise<void> =>
  withFrontDoor(namespace, async (api) => playAndBuy([await PlayerClient.guest(api), await PlayerClient.guest(api)]));
