import type { EconomyEventOf } from '../contracts/events.ts';
import type { ItemId, PlayerId, TradeId } from '../contracts/ids.ts';

/** What a trade asks of inventory. */
export type Command = EconomyEventOf<'LockItem' | 'TransferItem' | 'UnlockItem'>;
export type ReplyType = 'ItemLocked' | 'ItemLockFailed' | 'ItemTransferred' | 'ItemUnlocked';

/**
 * What became of a trade's lock. All but LOCKED are for ever: a trade has its lock once, and one that was refused, used
 * or given back, or was to be given back before it was asked for, can't be had any more.
 */
export type LockState = 'LOCKED' | 'REFUSED' | 'TRANSFERRED' | 'RELEASED';

export interface Item {
  id: ItemId;
  ownerId: PlayerId;
  /** How many owners it has had. */
  owners: number;
  lockedBy: TradeId | null;
}

/** The lock of the command's trade after the command; `item` is the one it is about, if there is such an item. */
export const lockAfter = (command: Command, lock: LockState | undefined, item: Item | undefined): LockState => {
  if (command.type === 'LockItem') return lock ?? (isFree(item, command.payload.sellerId) ? 'LOCKED' : 'REFUSED');
  if (lock === 'LOCKED') return command.type === 'TransferItem' ? 'TRANSFERRED' : 'RELEASED';
  return lock ?? 'RELEASED';
};

/** Since it was listed the item may have been sold, or be in another trade. */
const isFree = (item: Item | undefined, sellerId: PlayerId): boolean =>
  item?.ownerId === sellerId && item.lockedBy === null;

/** The item after its trade's lock has changed from one state to another. */
export const itemAfter = (
  item: Item | undefined,
  { tradeId, buyerId }: Command['payload'],
  [from, to]: [from: LockState | undefined, to: LockState],
): Item | undefined => {
  if (from !== 'LOCKED') return item && to === 'LOCKED' ? { ...item, lockedBy: tradeId } : item;
  if (item?.lockedBy !== tradeId) throw new Error(`trade ${tradeId} has a lock on an item that is not locked by it`);
  const free = { ...item, lockedBy: null };
  return to === 'TRANSFERRED' ? { ...free, ownerId: buyerId, owners: item.owners + 1 } : free;
};

/** What the trade is told, the first time and whenever it asks again: how its lock stands after the command. */
export const replyTo = (command: Command['type'], lock: LockState): ReplyType => {
  if (command === 'LockItem') return lock === 'LOCKED' || lock === 'TRANSFERRED' ? 'ItemLocked' : 'ItemLockFailed';
  return lock === 'TRANSFERRED' ? 'ItemTransferred' : 'ItemUnlocked';
};
