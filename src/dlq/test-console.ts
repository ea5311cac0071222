import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { createDatabase, servers, unique } from '../../tests/servers.ts';
import { kafkaEnv, readConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { Secret } from '../platform/secret.ts';
import { createConsole } from './console.ts';
import { Decisions } from './decisions.ts';
import { readLetter, type Letter } from './letter.ts';
import { Letters } from './letters.ts';
import { Messages } from './messages.ts';
import { migrations } from './migrations/index.ts';
import { Operators } from './operators.ts';
import { Sessions } from './sessions.ts';

export const password = 'the right password';

/** The console of a test in this process, with a database of its own, the shared Kafka, and no consumer. */
export const startConsole = async (topics: readonly string[]) => {
  const lifecycle = new ProcessLifecycle();
  const own = await createDatabase(migrations);
  const database = await openDatabase(own.as('dlq'), lifecycle, 'dlq');
  const env = readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka, KAFKA_SESSION_TIMEOUT_MS: '4000' });
  const kafka = kafkaClient(env, unique('dlq'));
  const sessions = new Sessions(new Secret(() => ['a secret of a test']), database);
  const messages = new Messages(database);
  const decisions = new Decisions(database, openProducer(kafka, lifecycle));
  const operators = new Operators('operator', new Secret(() => [password]));
  const app = createConsole({ sessions, operators, messages, decisions, topics, trustedProxies: 1 });
  const server = createHttpServer(app);
  await listen(server, 0, lifecycle);
  const address = server.address();
  const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  return {
    own,
    database,
    env,
    kafka,
    lifecycle,
    letters: new Letters(database),
    sessions,
    messages,
    decisions,
    url,
    visitor: () => new Visitor(url),
    /** Somebody who has signed in. */
    operator: async () => {
      const visitor = new Visitor(url);
      await visitor.signIn();
      return visitor;
    },
    stop: async () => {
      await lifecycle.stop();
      await own.drop();
    },
  };
};
export type TestConsole = Awaited<ReturnType<typeof startConsole>>;

export interface Shown {
  status: number;
  headers: Headers;
  text: string;
}

let visitors = 0;

/** A browser without a screen: it keeps its cookie, and sends the forms of the pages it has seen. */
export class Visitor {
  cookie = '';
  /** By which the console tells who tries to sign in. */
  address = `10.0.0.${++visitors}`;
  private readonly url: string;
  private token = '';

  constructor(url: string) {
    this.url = url;
  }

  async get(path: string): Promise<Shown> {
    return this.ask(path, {});
  }

  /** As a form of the last page would, with its token unless another is given. */
  async post(path: string, fields: [string, string][] | Record<string, string>): Promise<Shown> {
    const body = new URLSearchParams(fields);
    if (!body.has('token')) body.set('token', this.token);
    return this.ask(path, { method: 'POST', body });
  }

  async signIn(given: { username?: string; password?: string; next?: string } = {}): Promise<Shown> {
    await this.get('/sign-in');
    return this.post('/sign-in', { username: 'operator', password, ...given });
  }

  /** Decides about messages, and shows what the page says then. */
  async decide(action: 'REPLAY' | 'DISCARD', ids: string[], reason = ''): Promise<Shown> {
    await this.get('/messages?status=ANY');
    const answer = await this.post('/decisions', [
      ['action', action],
      ['reason', reason],
      ...ids.map((id): [string, string] => ['id', id]),
    ]);
    return this.get(answer.headers.get('location') ?? '');
  }

  private async ask(path: string, init: RequestInit): Promise<Shown> {
    const headers = { cookie: this.cookie, 'x-forwarded-for': this.address };
    const response = await fetch(this.url + path, { ...init, headers, redirect: 'manual' });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0] ?? '';
    const text = await response.text();
    this.token = /name="token" value="([^"]*)"/.exec(text)?.[1] ?? this.token;
    return { status: response.status, headers: response.headers, text };
  }
}

/** A dead letter as a consumer of ours writes it, but for what is given. */
export const letterOf = (
  queue: string,
  given: { key?: string; value?: string | Buffer; headers?: Record<string, string>; offset?: number } = {},
): Letter => {
  const offset = given.offset ?? Math.floor(Math.random() * 2 ** 40);
  const message: KafkaMessage = {
    key: Buffer.from(given.key ?? 'a-key'),
    value: Buffer.from(given.value ?? JSON.stringify({ eventId: randomUUID(), type: 'RewardGranted', payload: {} })),
    headers: {
      'dlq-topic': queue.replace(/\.dlq$/, ''),
      'dlq-partition': '0',
      'dlq-offset': String(offset),
      'dlq-timestamp': '1700000000000',
      'dlq-consumer': 'wallet',
      'dlq-error': 'Error: no such wallet',
      'dlq-attempts': '4',
      ...given.headers,
    },
    offset: String(offset),
    timestamp: String(Date.now()),
    attributes: 0,
  };
  return readLetter(queue, 0, message);
};
