import type { Consumer, Producer } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTopics, servers, unique } from '../../tests/servers.ts';
import { EconomyEvent, topics } from '../contracts/events.ts';
import { CorrelationId, EventId, type PlayerId, type TradeId } from '../contracts/ids.ts';
import { kafkaEnv, readConfig } from '../platform/config.ts';
import { openDatabase, type Database } from '../platform/database/database.ts';
import { UnavailableError } from '../platform/errors.ts';
import { every } from '../platform/every.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume, type Delivery } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { envelope, eventIdFrom } from '../platform/outbox/outbox.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import { answerOf, InventoryModel, WalletModel } from './models.ts';
import { isReply, type Announcement, type Command, type Reply } from './saga.ts';
import type { Replica, TestMarket } from './test-market.ts';

const env = () => readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka, KAFKA_SESSION_TIMEOUT_MS: '4000' });

/** What wallet and inventory do with a message, the `nth` of its type: `carryOut` does what it asks for. */
export type Script = (message: Command | Announcement, nth: number, carryOut: () => Reply[]) => Reply[];

/** One trade as wallet and inventory see it. */
export class Play {
  readonly wallet: WalletModel;
  readonly inventory = new InventoryModel();
  private readonly heard: (Command | Announcement)[] = [];
  private readonly script: Script;

  constructor(script: Script, buyerHas: number) {
    this.script = script;
    this.wallet = new WalletModel(buyerHas);
  }

  hear(message: Command | Announcement): Reply[] {
    this.heard.push(message);
    const nth = this.heard.filter((one) => one === message).length;
    return this.script(message, nth, () => this.carryOut(message));
  }

  carryOut(message: Command | Announcement): Reply[] {
    const reply = answerOf(this.wallet, this.inventory, message);
    return reply === null ? [] : [reply];
  }
}

/** A topic of one's own, on which wallet and inventory are played by the test. */
export class Stage {
  readonly topic: string;
  readonly group = unique('marketplace');
  /** By the buyer, who is known before the trade. */
  readonly plays = new Map<PlayerId, Play>();
  private readonly producer: Producer;
  private readonly consumer: Consumer;

  private constructor(topic: string, producer: Producer, consumer: Consumer) {
    this.topic = topic;
    this.producer = producer;
    this.consumer = consumer;
  }

  static async open(): Promise<Stage> {
    const [topic = ''] = await createTopics({ name: 'economy-events', partitions: 3 });
    const kafka = kafkaClient(env(), 'stage');
    const stage = new Stage(
      topic,
      kafka.producer({ allowAutoTopicCreation: false }),
      kafka.consumer({ groupId: unique('stage'), maxWaitTimeInMs: 50 }),
    );
    await stage.producer.connect();
    await stage.consumer.connect();
    await stage.consumer.subscribe({ topics: [topic], fromBeginning: true });
    const joined = new Promise((resolve) => stage.consumer.on(stage.consumer.events.GROUP_JOIN, resolve));
    await stage.consumer.run({
      eachMessage: async ({ message }) => {
        const event = EconomyEvent.parse(JSON.parse(message.value?.toString() ?? ''));
        const { type, payload } = event;
        if (isReply(type) || type === 'RewardGranted' || !('buyerId' in payload)) return;
        const replies = stage.plays.get(payload.buyerId)?.hear(type) ?? [];
        await stage.say(payload.tradeId, replies);
      },
    });
    await joined;
    return stage;
  }

  /** As wallet and inventory do it, the same reply again is the same event; from the third on it is another. */
  async say(tradeId: TradeId, replies: Reply[]): Promise<void> {
    if (replies.length === 0) return;
    const messages = replies.map((type, index) => {
      const eventId = index < 2 ? eventIdFrom('reply', tradeId, type) : EventId.parse(randomUUID());
      const head = envelope(CorrelationId.parse(randomUUID()), null, eventId);
      return { key: tradeId, value: JSON.stringify({ ...head, type, payload: { tradeId } }) };
    });
    await this.producer.send({ topic: this.topic, messages });
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
    await this.producer.disconnect();
  }
}

/** When a replica dies while it takes up an answer: nothing of that is in the database yet, or all of it. */
export type Death = 'before its commit' | 'after its commit';

/** A replica of marketplace with all that `main.ts` gives it, which can die. What it had not confirmed comes again. */
export class MortalReplica {
  readonly lifecycle = new ProcessLifecycle();
  dead = false;
  private fate: { on: Reply; death: Death } | undefined;
  private dying: Death | undefined;
  private parts: Replica | undefined;

  static async start(market: TestMarket, stage: Stage, stepMs: number): Promise<MortalReplica> {
    const replica = new MortalReplica();
    const { lifecycle } = replica;
    const database = await openDatabase(market.db.as('marketplace'), lifecycle, 'marketplace');
    const kafka = kafkaClient(env(), 'marketplace');
    const producer = openProducer(kafka, lifecycle);
    const relay = startRelay(market.db.as('marketplace'), database, producer, 'marketplace', lifecycle);
    const parts = market.assemble(replica.mortal(database), relay, { topic: stage.topic, stepMs });
    replica.parts = parts;
    await consume(kafka, env(), producer, lifecycle, {
      group: stage.group,
      topics: { [stage.topic]: topics['economy-events'] },
      handle: (batch) => replica.handle(batch, parts),
    });
    // With its part of the topic: a slow machine is not what makes a step time out here.
    while ((await lifecycle.notReady()).length > 0) await sleep(25);
    every(50, 'trades', lifecycle, () => parts.orchestrator.lookAfterDue());
    return replica;
  }

  /** Lets it die when it takes up an answer of this type. */
  doom(on: Reply, death: Death): void {
    this.fate = { on, death };
  }

  get working(): Replica {
    if (!this.parts) throw new Error('not started');
    return this.parts;
  }

  stop(): Promise<void> {
    return this.lifecycle.stop();
  }

  private handle(batch: Delivery<EconomyEvent>[], { orchestrator }: Replica): Promise<void> {
    if (this.dead) return Promise.reject(new UnavailableError('dead'));
    const { fate } = this;
    const met = batch.some(({ event }) => event.type === fate?.on);
    // Read by the next transaction, which begins before anything else can.
    if (met) this.dying = fate?.death;
    return orchestrator.handle(batch);
  }

  private mortal(database: Database): Database {
    return {
      ...database,
      query: (statement, values) =>
        this.dead ? Promise.reject(new UnavailableError('dead')) : database.query(statement, values),
      transaction: async (work) => {
        const death = this.dying;
        this.dying = undefined;
        if (this.dead) throw new UnavailableError('dead');
        const result = await database.transaction(async (transaction) => {
          const done = await work(transaction);
          if (death === 'before its commit') this.die();
          return done;
        });
        if (death === 'after its commit') this.die();
        return result;
      },
    };
  }

  private die(): never {
    this.dead = true;
    throw new UnavailableError('dead');
  }
}
