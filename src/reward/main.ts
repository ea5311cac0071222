import { topics } from '../contracts/events.ts';
import { loadConfig } from '../platform/config.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { rewardEnv } from './config.ts';
import { giveRewards } from './handlers.ts';

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(rewardEnv);
  const kafka = kafkaClient(config, 'reward');
  const producer = openProducer(kafka, lifecycle);

  await consume(kafka, config, producer, lifecycle, {
    group: 'reward',
    topics: { 'match-events': topics['match-events'] },
    paceMs: 50,
    handle: giveRewards(producer, config.REWARDS),
  });
};

void runService({ name: 'reward', start });
