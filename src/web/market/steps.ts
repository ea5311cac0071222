import { houseName } from '../../contracts/economy.ts';
import type { SagaState, Trade, TradeFailure, TradeTerms } from '../../contracts/economy.ts';
import { several } from '../ui/format.ts';

export interface Step {
  text: string;
  state: 'done' | 'now' | 'open';
}

/** The way of a trade that goes well: what is done in each state of its saga. */
const way = ['INITIATED', 'FUNDS_RESERVING', 'ITEM_LOCKING', 'FUNDS_TRANSFERRING', 'ITEM_TRANSFERRING'] as const;

const isOnTheWay = (state: SagaState): state is (typeof way)[number] => way.some((one) => one === state);

/** Who sells, within a sentence. */
export const sellerOf = (sellerName: string): string => (sellerName === houseName ? 'the house' : sellerName);

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

type Terms = Pick<TradeTerms, 'price' | 'sellerName'> & { itemName: string };

/** How far a trade is, as a parcel is tracked. Of one that is being undone there are no steps: see `undoing`. */
export function stepsOf(state: SagaState, { price, sellerName, itemName }: Terms): Step[] {
  const texts = [
    'The order is placed',
    `${several(price, 'coin')} of yours are put aside`,
    `The ${itemName.toLowerCase()} is taken off the shelf`,
    `${capital(sellerOf(sellerName))} is paid`,
    `The ${itemName.toLowerCase()} is handed over to you`,
  ];
  const at = state === 'COMPLETED' ? way.length : isOnTheWay(state) ? way.indexOf(state) : 0;
  return texts.map((text, index) => ({ text, state: index < at ? 'done' : index === at ? 'now' : 'open' }));
}

/** What is being given back; null while nothing is. */
export function undoing(state: SagaState, { price, itemName }: Terms): string | null {
  switch (state) {
    case 'COMPENSATING_FAILED':
      return 'It did not work out. Nothing was taken.';
    case 'COMPENSATING_FUNDS_RELEASE':
      return `It did not work out. Your ${several(price, 'coin')} are on their way back to you.`;
    case 'COMPENSATING_FULL':
      return `It did not work out. The ${itemName.toLowerCase()} goes back on the shelf, and your ${several(price, 'coin')} come back to you.`;
    case 'INITIATED':
    case 'FUNDS_RESERVING':
    case 'ITEM_LOCKING':
    case 'FUNDS_TRANSFERRING':
    case 'ITEM_TRANSFERRING':
    case 'COMPLETED':
    case 'FAILED':
      return null;
  }
}

/** Why a trade came to nothing, and what the buyer got back. */
export function gaveBack(failure: TradeFailure, { price }: Pick<Trade, 'price'>): string {
  switch (failure) {
    case 'INSUFFICIENT_BALANCE':
      return 'Your balance did not cover it any more. Nothing was taken from you.';
    case 'ITEM_NOT_AVAILABLE':
      return `It was not there any more. Your ${several(price, 'coin')} are back in your wallet.`;
    case 'TIMED_OUT':
      return `It took too long and was called off. Your ${several(price, 'coin')} are back in your wallet.`;
  }
}
