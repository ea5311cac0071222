import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import type { JoinedMatch } from '../../src/contracts/api.ts';
import { ActionId, type MatchId, type PlayerId } from '../../src/contracts/ids.ts';
import type { ActionAcknowledgement } from '../../src/contracts/live.ts';
import type { ActionRequest, MatchResult } from '../../src/contracts/match.ts';
import type { Random } from './random.ts';
import { Witness } from './witness.ts';

export interface Acknowledged {
  playerId: PlayerId;
  matchId: MatchId;
  actionId: ActionId;
  request: ActionRequest;
  answer: ActionAcknowledgement;
}

export interface CrowdOptions {
  players: number;
  /** All of them together. */
  actionsPerSecond: number;
}

/** How long an action is repeated before it counts as lost. */
const giveUpMs = 60_000;
/** Actions of one player that are under way at once. */
const atOnce = 6;

/** The part of an answer that is the same however often it is asked for. */
export const lasting = ({ status, body }: ActionAcknowledgement) =>
  'error' in body
    ? { status, body: { error: body.error, detail: body.detail, retryAfterMs: body.retryAfterMs } }
    : { status, body };

/** Players who play match after match, half over HTTP and half over the live connection, and write down what they see; until they are stopped, or their test has ended, also badly. */
export class Crowd implements AsyncDisposable {
  readonly acknowledged: Acknowledged[] = [];
  /** Ends of matches as players were told them. */
  readonly results = new Map<MatchId, MatchResult>();
  readonly cancelled = new Set<MatchId>();
  /** What must not be: unexpected answers, other answers to a repeated action, gaps, lost connections. */
  readonly trouble: string[] = [];
  /** How often an action was repeated, by the reason. */
  readonly repeats = new Map<string, number>();
  /** Longest time without a live connection in a match, in ms. */
  longestAway = 0;
  readonly witnesses: Witness[] = [];
  readonly players: PlayerClient[] = [];
  private readonly api: ApiClient;
  private readonly random: Random;
  private readonly options: CrowdOptions;
  private readonly underWay = new Set<Promise<void>>();
  private readonly robots: Promise<void>[] = [];
  private stopped: Promise<void> | undefined;

  private constructor(api: ApiClient, random: Random, options: CrowdOptions) {
    this.api = api;
    this.random = random;
    this.options = options;
  }

  /** `at` is where the platform is, or a client that is the crowd's from now on. */
  static async start(at: string | ApiClient, random: Random, options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(typeof at === 'string' ? new ApiClient(at) : at, random, options);
    for (let count = 0; count < options.players; count++) crowd.players.push(await PlayerClient.guest(crowd.api));
    crowd.robots.push(...crowd.players.map((player, index) => crowd.robot(player, index % 2 === 0 ? 'http' : 'live')));
    return crowd;
  }

  /** Plays the matches under way to their end, and begins no more. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async end(): Promise<void> {
    await Promise.all(this.robots);
    await Promise.all(this.underWay);
    await this.api.close();
  }

  private async robot(player: PlayerClient, transport: 'http' | 'live'): Promise<void> {
    while (!this.stopped) {
      try {
        await this.playOneMatch(player, transport);
      } catch (error) {
        this.trouble.push(`${player.session.username}: ${String(error)}`);
        await sleep(500);
      }
    }
  }

  private async playOneMatch(player: PlayerClient, transport: 'http' | 'live'): Promise<void> {
    const { matchId } = await this.join(player);
    const witness = new Witness(matchId);
    this.witnesses.push(witness);
    // What is not there within the time of the client comes with a reconnect.
    player.connect((socket) => witness.listen(socket)).catch(() => undefined);
    const gap = (1000 * this.options.players) / this.options.actionsPerSecond;
    let outstanding = 0;
    const latest = Date.now() + 180_000;
    while (!witness.ended) {
      await sleep(gap * (0.5 + this.random.next()));
      if (Date.now() > latest) {
        this.trouble.push(
          `${matchId}: ${player.session.username} never saw its end; ${JSON.stringify(await player.view())}`,
        );
        break;
      }
      const request = witness.choose(player.playerId, this.random);
      if (request === undefined || outstanding >= atOnce) continue;
      outstanding++;
      const action = this.perform(player, matchId, request, transport).finally(() => outstanding--);
      this.underWay.add(action);
      void action.finally(() => this.underWay.delete(action));
    }
    this.longestAway = Math.max(this.longestAway, witness.longestAway);
    this.trouble.push(...witness.trouble.map((what) => `${matchId}: ${player.session.username}: ${what}`));
    if (witness.result) this.results.set(matchId, witness.result);
    if (witness.cancelled) this.cancelled.add(matchId);
    // Actions under way still need the connection.
    while (outstanding > 0) await sleep(20);
    player.close();
  }

  /** One action until it is answered, sometimes sent twice at once, sometimes asked for again later. */
  private async perform(
    player: PlayerClient,
    matchId: MatchId,
    request: ActionRequest,
    transport: 'http' | 'live',
  ): Promise<void> {
    const actionId = ActionId.parse(randomUUID());
    const other = transport === 'http' ? 'live' : 'http';
    const twice = this.random.chance(0.05);
    const again = this.random.chance(0.05) ? this.random.below(3000) : undefined;
    const answers = await Promise.all([
      this.untilAnswered(player, request, actionId, transport),
      ...(twice ? [this.untilAnswered(player, request, actionId, other)] : []),
    ]);
    const [answer] = answers;
    if (!answer) return;
    this.acknowledged.push({ playerId: player.playerId, matchId, actionId, request, answer });
    if (again !== undefined) {
      await sleep(again);
      answers.push(await this.untilAnswered(player, request, actionId, 'http', matchId));
    }
    for (const each of answers) {
      if (each && isDeepStrictEqual(lasting(each), lasting(answer))) continue;
      this.trouble.push(`${actionId}: ${JSON.stringify(answer)}, and again: ${JSON.stringify(each)}`);
    }
  }

  private async untilAnswered(
    player: PlayerClient,
    request: ActionRequest,
    actionId: ActionId,
    transport: 'http' | 'live',
    matchId?: MatchId,
  ): Promise<ActionAcknowledgement | undefined> {
    const latest = Date.now() + giveUpMs;
    for (;;) {
      let reason: string;
      try {
        const answer =
          transport === 'http' ? await player.post(request, actionId, matchId) : await player.act(request, actionId);
        if (answer.status === 200 || answer.status === 409) return answer;
        reason = 'error' in answer.body ? answer.body.error : String(answer.status);
        if (answer.status !== 503) {
          this.trouble.push(`${actionId}: ${JSON.stringify(answer)}`);
          return undefined;
        }
      } catch (error) {
        reason = `${transport}: ${error instanceof Error ? error.message : String(error)}`;
        // A connection that breaks off is nothing special; a failed request is.
        if (transport === 'http') this.failedRequests++;
      }
      this.repeats.set(reason, (this.repeats.get(reason) ?? 0) + 1);
      if (Date.now() > latest) {
        this.trouble.push(`${actionId}: never answered (${reason})`);
        return undefined;
      }
      await sleep(100 + this.random.below(200));
    }
  }

  /** HTTP requests that got no answer at all. */
  failedRequests = 0;

  private async join(player: PlayerClient): Promise<JoinedMatch> {
    const latest = Date.now() + giveUpMs;
    for (;;) {
      const { status, body } = await player.tryJoin();
      if (status === 201) return body;
      if (status !== 503 || Date.now() > latest) throw new Error(`POST /matches: ${status} ${JSON.stringify(body)}`);
      this.repeats.set('POST /matches', (this.repeats.get('POST /matches') ?? 0) + 1);
      await sleep(200);
    }
  }
}
