import { Api } from '../../src/bots/api.ts';
import { demoPlayers } from '../../src/bots/people.ts';
import type { Random } from './random.ts';

/** People who come to a platform, play and trade without end, until they are told to leave; or their test has ended, also badly. */
export class Visitors implements AsyncDisposable {
  private readonly leaving = new AbortController();
  private readonly playing: Promise<void>;

  constructor(url: string, players: number, random: Random) {
    const { signal } = this.leaving;
    this.playing = demoPlayers(new Api(url, signal), { players, random: () => random.next(), signal });
  }

  async leave(): Promise<void> {
    this.leaving.abort();
    await this.playing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}
