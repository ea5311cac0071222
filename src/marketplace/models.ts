import type { Announcement, Command, Reply } from './saga.ts';

/** The terms of the one trade that the models know. */
export const price = 1000;
export const fee = 50;
/** What the seller has before. */
export const sellerHas = 300;

/** What a wallet could do wrong, to see that it would be found out. */
export type Fault =
  'none' | 'no tombstone' | 'money back after the item' | 'seller paid at once' | 'item moves unlocked';

/** wallet as it answers for one trade: the buyer's and the seller's account, the hold, and everybody else's money. */
export class WalletModel {
  buyer: number;
  buyerHeld = 0;
  seller = sellerHas;
  sellerHeld = 0;
  house = 0;
  others = 0;
  hold: 'NONE' | 'RESERVED' | 'REFUSED' | 'TRANSFERRED' | 'RELEASED' | 'SETTLED' = 'NONE';
  readonly total: number;
  private readonly fault: Fault;

  constructor(buyer: number, fault: Fault = 'none') {
    this.buyer = buyer;
    this.total = buyer + this.seller;
    this.fault = fault;
  }

  /** The buyer spends what is free elsewhere. */
  spend(): void {
    const free = this.buyer - this.buyerHeld;
    this.buyer -= free;
    this.others += free;
  }

  reserve(): Reply {
    if (this.hold === 'NONE') {
      const enough = this.buyer - this.buyerHeld >= price;
      this.hold = enough ? 'RESERVED' : 'REFUSED';
      if (enough) this.buyerHeld += price;
    }
    return this.hold === 'REFUSED' || this.hold === 'RELEASED' ? 'FundsReservationFailed' : 'FundsReserved';
  }

  transfer(): Reply {
    switch (this.hold) {
      case 'RESERVED':
        this.hold = 'TRANSFERRED';
        this.buyer -= price;
        this.buyerHeld -= price;
        this.seller += price;
        if (this.fault !== 'seller paid at once') this.sellerHeld += price;
        return 'FundsTransferred';
      case 'TRANSFERRED':
      case 'SETTLED':
        return 'FundsTransferred';
      case 'RELEASED':
        return 'FundsReleased';
      case 'NONE':
      case 'REFUSED':
        return 'FundsReservationFailed';
    }
  }

  release(): Reply | null {
    switch (this.hold) {
      case 'RESERVED':
        this.hold = 'RELEASED';
        this.buyerHeld -= price;
        break;
      case 'TRANSFERRED':
        this.hold = 'RELEASED';
        this.seller -= price;
        this.sellerHeld -= price;
        this.buyer += price;
        break;
      case 'NONE':
        if (this.fault !== 'no tombstone') this.hold = 'RELEASED';
        break;
      case 'REFUSED':
      case 'RELEASED':
        break;
      case 'SETTLED':
        return null;
    }
    return 'FundsReleased';
  }

  settle(): void {
    if (this.hold !== 'TRANSFERRED') return;
    this.hold = 'SETTLED';
    this.sellerHeld -= price;
    this.seller -= fee;
    this.house += fee;
  }
}

/** inventory as it answers for one trade of one item. */
export class InventoryModel {
  owner: 'seller' | 'buyer' | 'other' = 'seller';
  lock: 'NONE' | 'LOCKED' | 'REFUSED' | 'TRANSFERRED' | 'RELEASED' = 'NONE';
  private readonly fault: Fault;

  constructor(fault: Fault = 'none') {
    this.fault = fault;
  }

  /** The item goes to somebody else, by another trade. */
  leave(): void {
    if (this.owner === 'seller' && this.lock !== 'LOCKED') this.owner = 'other';
  }

  take(): Reply {
    if (this.lock === 'NONE') this.lock = this.owner === 'seller' ? 'LOCKED' : 'REFUSED';
    return this.lock === 'REFUSED' || this.lock === 'RELEASED' ? 'ItemLockFailed' : 'ItemLocked';
  }

  transfer(): Reply {
    if (this.lock === 'LOCKED' || (this.fault === 'item moves unlocked' && this.lock === 'RELEASED')) {
      this.lock = 'TRANSFERRED';
      this.owner = 'buyer';
    }
    if (this.lock === 'TRANSFERRED') return 'ItemTransferred';
    return this.lock === 'RELEASED' ? 'ItemUnlocked' : 'ItemLockFailed';
  }

  unlock(): Reply {
    if (this.lock === 'TRANSFERRED') {
      return this.fault === 'money back after the item' ? 'ItemUnlocked' : 'ItemTransferred';
    }
    if (this.lock !== 'REFUSED') this.lock = 'RELEASED';
    return 'ItemUnlocked';
  }
}

/** What the two say to a message of the saga; null when they have nothing to say. */
export const answerOf = (
  wallet: WalletModel,
  inventory: InventoryModel,
  message: Command | Announcement,
): Reply | null => {
  switch (message) {
    case 'ReserveFunds':
      return wallet.reserve();
    case 'TransferFunds':
      return wallet.transfer();
    case 'ReleaseFunds':
      return wallet.release();
    case 'LockItem':
      return inventory.take();
    case 'TransferItem':
      return inventory.transfer();
    case 'UnlockItem':
      return inventory.unlock();
    case 'TradeCompleted':
      wallet.settle();
      return null;
    case 'TradeRequested':
    case 'TradeFailed':
      return null;
  }
};
