import { randomUUID } from 'node:crypto';
import type { MatchEvent } from '../contracts/events.ts';
import type { MatchId } from '../contracts/ids.ts';
import type { MatchStatus, MatchView } from '../contracts/match.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import type { RedisClient } from '../platform/redis.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Matches } from './matches.ts';

/** Those of this replica whom a match concerns: live connections, and requests that wait for an outcome. */
export interface Audience {
  event(matchId: MatchId, event: MatchEvent): void;
  state(matchId: MatchId, state: MatchView): void;
}

interface Watched {
  /** How many connections and waiting requests want it. */
  watchers: number;
  /** What the audience has been told; null until a state was read. */
  seq: number | null;
  status: MatchStatus;
  players: number;
  subscribed: Promise<void>;
  /** A state is being read for the audience. */
  refreshing: boolean;
  /** How often that was asked for: what is asked for during a reading comes too late for it. */
  asked: number;
  /** When the last watcher left. */
  idleSince: number;
}

const reconcileEveryMs = 500;
/** A match is listened to for a while after the last watcher left: the next request is likely. */
const lingerMs = 30_000;

/**
 * Brings what happens in a match to every replica with somebody whom it concerns. Each event of the topic is read by one
 * replica, which passes it on by the Redis channel of the match; only replicas that watch the match listen there. What
 * is lost on the way (Redis away, the reading replica dead) is seen as a gap within half a second and mended by a fresh
 * state from the database.
 */
export class Hub {
  private readonly id = randomUUID();
  private readonly watched = new Map<MatchId, Watched>();
  private readonly publisher: RedisClient;
  private readonly subscriber: RedisClient;
  private readonly matches: Matches;
  private readonly audience: Audience;

  constructor(
    publisher: RedisClient,
    subscriber: RedisClient,
    matches: Matches,
    audience: Audience,
    lifecycle: Lifecycle,
  ) {
    this.publisher = publisher;
    this.subscriber = subscriber;
    this.matches = matches;
    this.audience = audience;
    subscriber.on('message', (channel: string, message: string) => {
      this.receive(channel.slice('match:'.length) as MatchId, message);
    });
    subscriber.on('ready', () => {
      const channels = [...this.watched.keys()].map((matchId) => `match:${matchId}`);
      if (channels.length > 0) subscriber.subscribe(...channels).catch(() => undefined);
    });
    const timer = setInterval(() => void this.reconcile(), reconcileEveryMs);
    lifecycle.onStop('hub', () => {
      clearInterval(timer);
    });
  }

  /** From now on what happens in the match is heard here. Call `unwatch` once for each call. */
  async watch(matchId: MatchId): Promise<void> {
    let entry = this.watched.get(matchId);
    if (!entry) {
      entry = {
        watchers: 0,
        seq: null,
        status: 'PENDING',
        players: 0,
        subscribed: this.subscribe(matchId),
        refreshing: false,
        asked: 0,
        idleSince: 0,
      };
      this.watched.set(matchId, entry);
    }
    // While nobody was there something may have been missed.
    if (entry.watchers === 0) entry.seq = null;
    entry.watchers++;
    await entry.subscribed;
  }

  unwatch(matchId: MatchId): void {
    const entry = this.watched.get(matchId);
    if (!entry) return;
    entry.watchers--;
    entry.idleSince = Date.now();
  }

  /**
   * Tells the match as it is now to somebody who watches already; what comes after it comes as events. Events that came
   * while the state was read are in it: otherwise they would be undone by it.
   */
  async welcome(matchId: MatchId, tell: (state: MatchView) => void): Promise<void> {
    const entry = this.watched.get(matchId);
    let state = await this.matches.view(matchId);
    for (let tries = 0; tries < 5 && state.seq < (entry?.seq ?? 0); tries++) state = await this.matches.view(matchId);
    // Others who watch may still be without what this one begins with: only a first state says what all were told.
    if (entry?.seq === null) this.told(entry, state);
    tell(state);
  }

  /** Events of one match, in order, to everybody whom they concern on any replica. */
  publish(matchId: MatchId, events: MatchEvent[]): void {
    this.deliver(matchId, events);
    this.send(matchId, { from: this.id, events });
  }

  /** The lobby changed: everybody in it gets its new state. */
  async announce(matchId: MatchId): Promise<void> {
    this.send(matchId, { from: this.id, events: [], changed: true });
    await this.refresh(matchId, 'PENDING');
  }

  private send(matchId: MatchId, message: { from: string; events: MatchEvent[]; changed?: true }): void {
    // Without Redis the other replicas find out by themselves.
    this.publisher.publish(`match:${matchId}`, JSON.stringify(message)).catch(() => undefined);
  }

  private receive(matchId: MatchId, message: string): void {
    const { from, events, changed } = JSON.parse(message) as { from: string; events: MatchEvent[]; changed?: true };
    if (from === this.id) return;
    if (changed) void this.refresh(matchId, 'PENDING');
    else this.deliver(matchId, events);
  }

  private deliver(matchId: MatchId, events: MatchEvent[]): void {
    const entry = this.watched.get(matchId);
    if (!entry) return;
    for (const event of events) {
      if ('seq' in event.payload) {
        const { seq } = event.payload;
        if (entry.seq !== null && seq <= entry.seq) continue; // Told already.
        // A gap is left to `reconcile`, which reads a fresh state.
        if (entry.seq !== null && seq > entry.seq + 1) continue;
        entry.seq = seq;
      }
      if (event.type === 'MatchStarted') entry.status = 'RUNNING';
      if (event.type === 'MatchFinished') entry.status = 'FINISHED';
      if (event.type === 'MatchCancelled') entry.status = 'CANCELLED';
      this.audience.event(matchId, event);
    }
  }

  private told(entry: Watched, { seq, status, players }: MatchView): void {
    entry.seq = seq;
    entry.status = status;
    entry.players = players.length;
  }

  /**
   * Tells everybody here the state anew. With `only`, when the match is in that status: a lobby that starts meanwhile is
   * told by its event. One reading at a time, so that an older state never comes after a newer one.
   */
  private async refresh(matchId: MatchId, only?: MatchStatus): Promise<void> {
    const entry = this.watched.get(matchId);
    if (!entry) return;
    const asked = ++entry.asked;
    if (entry.refreshing) return;
    entry.refreshing = true;
    try {
      const state = await this.matches.view(matchId);
      const overtaken = entry.seq !== null && state.seq < entry.seq;
      if (!overtaken && (only === undefined || state.status === only)) {
        this.told(entry, state);
        this.audience.state(matchId, state);
      }
    } catch (error) {
      logger.debug({ err: error, matchId }, 'state not read');
    }
    entry.refreshing = false;
    if (entry.asked !== asked) await this.refresh(matchId, only);
  }

  /** What was behind at the last look, with where it stood. */
  private behind = new Map<MatchId, number>();

  /** Who is behind what the database knows, and has not moved since the last look, has missed something: it gets the state anew. */
  private async reconcile(): Promise<void> {
    const now = Date.now();
    for (const [matchId, entry] of this.watched) {
      if (entry.watchers > 0 || now - entry.idleSince < lingerMs) continue;
      this.watched.delete(matchId);
      this.subscriber.unsubscribe(`match:${matchId}`).catch(() => undefined);
    }
    const known = [...this.watched].flatMap(([matchId, { seq, status, players, watchers }]) =>
      watchers > 0 && seq !== null && status !== 'FINISHED' && status !== 'CANCELLED'
        ? [{ matchId, seq, status, players }]
        : [],
    );
    if (known.length === 0) return;
    try {
      const changed = new Set(await this.matches.changed(known));
      const behind = new Map(known.filter((one) => changed.has(one.matchId)).map((one) => [one.matchId, one.seq]));
      const missed = [...behind].filter(
        ([id, seq]) => this.behind.get(id) === seq && this.watched.get(id)?.seq === seq,
      );
      this.behind = behind;
      await Promise.all(missed.map(([matchId]) => this.refresh(matchId)));
    } catch (error) {
      logger.debug({ err: error }, 'not reconciled');
    }
  }

  private async subscribe(matchId: MatchId): Promise<void> {
    // While Redis is away nobody waits for it: being 'ready' again makes up for it, and `reconcile` until then.
    await this.subscriber.subscribe(`match:${matchId}`).catch(() => undefined);
  }
}
