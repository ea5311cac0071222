import { topics } from '../contracts/events.ts';
import { loadConfig } from '../platform/config.ts';
import { openDatabase } from '../platform/database/database.ts';
import { every } from '../platform/every.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import { combatEnv } from './config.ts';
import { Resolver } from './resolver.ts';

const finishMatchesEveryMs = 200;

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(combatEnv);
  const database = await openDatabase(config, lifecycle, 'combat');
  const kafka = kafkaClient(config, 'combat');
  const producer = openProducer(kafka, lifecycle);
  const relay = startRelay(config, database, producer, 'combat', lifecycle);
  const resolver = new Resolver(database, relay);

  await consume(kafka, config, producer, lifecycle, {
    group: 'combat',
    topics: { 'player-actions': topics['player-actions'] },
    handle: (batch) => resolver.handle(batch),
    givenUp: (delivery) => resolver.giveUp(delivery),
  });
  // Every replica looks; a match is ended by the one that gets its row.
  every(finishMatchesEveryMs, 'matches', lifecycle, () => resolver.finishOverdue());
};

void runService({ name: 'combat', start });
