import { describeItem } from '../../contracts/items.ts';
import type { Notification, Reward } from '../../contracts/economy.ts';
import { count, list, several } from '../ui/format.ts';
import type { IconName } from '../ui/Icon.tsx';
import { gaveBack, sellerOf } from '../market/steps.ts';

/** A notification in words. */
export interface Letter {
  title: string;
  text: string;
  icon: IconName;
  tone: 'good' | 'bad' | 'plain';
  href: string;
}

const named = (item: Parameters<typeof describeItem>[0]) => describeItem(item).name;

export function wordsOfReward({ currency, stamps, item }: Pick<Reward, 'currency' | 'stamps' | 'item'>): string {
  const parts = [
    ...(currency > 0 ? [several(currency, 'coin')] : []),
    ...(stamps > 0 ? [several(stamps, 'stamp')] : []),
    ...(item === null ? [] : [named(item.itemId)]),
  ];
  return list(parts);
}

export function wordsOf(letter: Notification, myId: string): Letter {
  switch (letter.type) {
    case 'reward.granted': {
      const { reward } = letter;
      const words = wordsOfReward(reward);
      const href = `/match/${reward.matchId}`;
      return words === ''
        ? {
            title: 'No reward this time',
            text: 'You carried nothing when you fell.',
            icon: 'collect',
            tone: 'plain',
            href,
          }
        : { title: 'Your reward is here', text: words, icon: 'collect', tone: 'good', href };
    }
    case 'trade.completed': {
      const { role, trade } = letter;
      const { price, fee, item, sellerName, buyerName } = trade;
      return role === 'buyer'
        ? {
            title: `${named(item)} is yours`,
            text: `Bought from ${sellerOf(sellerName)} for ${several(price, 'coin')}.`,
            icon: 'market',
            tone: 'good',
            href: '/inventory',
          }
        : {
            title: `${named(item)} is sold`,
            text: `${buyerName} paid ${count(price)}; ${several(price - fee, 'coin')} for you.`,
            icon: 'coin',
            tone: 'good',
            href: '/wallet',
          };
    }
    case 'trade.failed': {
      const { role, trade, failure } = letter;
      return role === 'buyer'
        ? {
            title: `${named(trade.item)} not bought`,
            text: gaveBack(failure, trade),
            icon: 'market',
            tone: 'bad',
            href: '/market',
          }
        : {
            title: 'A sale fell through',
            text: `${named(trade.item)} stays yours, for sale as before.`,
            icon: 'market',
            tone: 'plain',
            href: '/inventory',
          };
    }
    case 'match.finished': {
      const { result, matchId } = letter;
      const won = result.winners.some((winner) => winner === myId);
      const winners = result.scores.filter(({ outcome }) => outcome === 'WINNER').map(({ username }) => username);
      return {
        title: won ? (result.draw ? 'Your match ended in a draw' : 'You won your match') : 'Your match is over',
        text: won ? 'The reward follows.' : `${list(winners)} won.`,
        icon: 'matches',
        tone: won ? 'good' : 'plain',
        href: `/match/${matchId}`,
      };
    }
    case 'match.cancelled':
      return {
        title: 'Your match was called off',
        text: 'Nobody else came. No harm done.',
        icon: 'matches',
        tone: 'plain',
        href: '/play',
      };
  }
}
