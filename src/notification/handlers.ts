import { systemAccounts, type Notification, type TradeTerms } from '../contracts/economy.ts';
import type { EconomyEvent, MatchEvent } from '../contracts/events.ts';
import type { PlayerId } from '../contracts/ids.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { keptDays, type Addressed, type Notifications } from './store.ts';

const keptMs = keptDays * 24 * 60 * 60 * 1000;
const nobody: PlayerId[] = Object.values(systemAccounts);

/** Who is to be told what of an event: people, not bots, and not the accounts of the platform. */
export const addressedBy = (event: EconomyEvent | MatchEvent): Addressed[] => {
  const head = { id: event.eventId, at: event.timestamp };
  switch (event.type) {
    case 'RewardGranted':
      return [
        { playerId: event.payload.playerId, notification: { ...head, type: 'reward.granted', reward: event.payload } },
      ];
    case 'TradeCompleted':
      return toBoth(event.payload, (role) => ({ ...head, type: 'trade.completed', role, trade: event.payload }));
    case 'TradeFailed': {
      const { failure, ...trade } = event.payload;
      return toBoth(trade, (role) => ({ ...head, type: 'trade.failed', role, trade, failure }));
    }
    case 'MatchFinished': {
      const { matchId, result } = event.payload;
      return toPeople(result.scores, { ...head, type: 'match.finished', matchId, result });
    }
    case 'MatchCancelled':
      return toPeople(event.payload.players, { ...head, type: 'match.cancelled', matchId: event.payload.matchId });
    default:
      return [];
  }
};

const toBoth = (
  { buyerId, sellerId }: TradeTerms,
  notification: (role: 'buyer' | 'seller') => Notification,
): Addressed[] =>
  [
    { playerId: buyerId, notification: notification('buyer') },
    { playerId: sellerId, notification: notification('seller') },
  ].filter(({ playerId }) => !nobody.includes(playerId));

const toPeople = (players: { playerId: PlayerId; bot: boolean }[], notification: Notification): Addressed[] =>
  players.filter(({ bot }) => !bot).map(({ playerId }) => ({ playerId, notification }));

/**
 * economy-events and match-events: keeps what players are to be told, then tells it. What was kept before is not told
 * again; what is older than what is kept is not news, and can't be told from what was swept.
 */
export const notify =
  (notifications: Notifications, tell: (addressed: Addressed) => void) =>
  async (batch: Delivery<EconomyEvent | MatchEvent>[]): Promise<void> => {
    const since = Date.now() - keptMs;
    const addressed = batch
      .flatMap(({ event }) => addressedBy(event))
      .filter(({ notification }) => Date.parse(notification.at) > since);
    if (addressed.length === 0) return;
    const fresh = await notifications.keep(addressed);
    if (fresh.length < addressed.length) {
      const repeated = addressed.length - fresh.length;
      logger.debug({ repeated }, 'notifications were kept before');
      metrics.idempotencyHits.inc({ service: 'notification', key_type: 'notification' }, repeated);
    }
    for (const one of fresh) tell(one);
  };
