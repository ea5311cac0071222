import type { Transaction } from '../database/database.ts';
import type { Delivery } from '../kafka/consumer.ts';
import { metrics } from '../telemetry/metrics.ts';
import { logger } from '../telemetry/logger.ts';

/**
 * Marks a batch as seen by this consumer, and returns what it had not seen before, in order. Part of the transaction
 * that has the effects: both or neither. Another replica that has the same event in hand is waited for.
 */
export const unseen = async <E extends { eventId: string; type: string }>(
  transaction: Transaction,
  consumer: string,
  batch: Delivery<E>[],
): Promise<Delivery<E>[]> => {
  const rows = await transaction.query<{ event_id: string }>(
    {
      name: 'inbox-unseen',
      // In the order of the ids, so that two replicas with the same events never wait for each other in a circle.
      text: `insert into inbox (consumer, event_id)
             select $1, id from unnest($2::uuid[]) as t(id) order by id
             on conflict do nothing returning event_id`,
    },
    [consumer, batch.map(({ event }) => event.eventId)],
  );
  if (rows.length === batch.length) return batch;
  const fresh = new Set(rows.map((row) => row.event_id));
  return batch.filter(({ event }) => {
    // `delete`, as the same event may be twice in one batch.
    if (fresh.delete(event.eventId)) return true;
    logger.debug({ eventId: event.eventId }, 'duplicate event');
    metrics.idempotencyHits.inc({ service: consumer, key_type: 'event' });
    return false;
  });
};
