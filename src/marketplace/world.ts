import { answerOf, fee, InventoryModel, price, sellerHas, WalletModel, type Fault } from './models.ts';
import { begin, isReply, Saga, step, type Announcement, type Command, type Reply } from './saga.ts';

/** Random numbers from a seed: whole ones, below `n`. */
export type Random = (n: number) => number;

// By its own name: looked up through `Math`, it costs more than all else here where jest runs.
const { imul } = Math;

/** mulberry32: a step of it costs nothing beside what is done with the number. */
export const randomFrom = (seed: number): Random => {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
};

export class Violation extends Error {
  override name = 'Violation';
}

/**
 * One trade, its saga and whom it asks, with all that is under way between them. `live` does what chance says, and
 * `settle` lets things go right from there on. After each step `check` holds, or throws a Violation.
 */
export class World {
  saga: Saga;
  private readonly wallet: WalletModel;
  private readonly inventory: InventoryModel;
  private readonly random: Random;
  private readonly underWay: (Command | Reply | Announcement)[] = [];
  /** Whether repeated answers are told by their ids, or by the saga alone. */
  private readonly inbox: Set<Reply> | null;

  constructor(random: Random, fault: Fault = 'none') {
    this.random = random;
    this.wallet = new WalletModel(random(8) === 0 ? price - 1 : price + random(2) * 500, fault);
    this.inventory = new InventoryModel(fault);
    this.inbox = random(2) === 0 ? new Set() : null;
    const { saga, send } = begin();
    this.saga = saga;
    this.underWay.push(...send);
  }

  /** One thing happens: as it should, or not. */
  live(): void {
    const what = this.random(32);
    const index = this.underWay.length === 0 ? -1 : this.random(this.underWay.length);
    const message = this.underWay[index];
    if (message !== undefined && what < 22) {
      // Any of them, whenever it was sent: what is not taken is late.
      if (what < 15) this.remove(index);
      else if (what < 17) {
        // Lost. What is announced the outbox sends until it is confirmed.
        if (message !== 'TradeCompleted') this.remove(index);
        return;
      } else if (what < 19) return; // Who had it in hand died before its commit: it is still there.
      // Else it is delivered and is still there: doubled, or who had it in hand died after its commit.
      this.deliver(message);
    } else if (what < 27) this.advance('timer');
    else if (what < 29) this.restart();
    else if (what === 29) this.wallet.spend();
    else if (what === 30) this.inventory.leave();
    else if (message !== undefined) this.underWay.push(message);
    this.check();
  }

  /** No more faults: what is under way arrives, and timers go off while nothing is. */
  settle(): void {
    for (let steps = 0; ; steps++) {
      if (steps > 200) throw new Violation(`still ${this.saga.state}`);
      const next = this.underWay.shift();
      if (next !== undefined) this.deliver(next);
      else if (this.saga.command !== null) this.advance('timer');
      else break;
      this.check();
    }
    this.checkEnd();
  }

  private remove(index: number): void {
    const last = this.underWay.pop();
    if (last !== undefined && index < this.underWay.length) this.underWay[index] = last;
  }

  private deliver(message: Command | Reply | Announcement): void {
    if (isReply(message)) {
      if (this.inbox?.has(message)) return;
      this.inbox?.add(message);
      this.advance(message);
      return;
    }
    const reply = answerOf(this.wallet, this.inventory, message);
    if (reply !== null) this.underWay.push(reply);
  }

  private advance(input: Reply | 'timer'): void {
    const next = step(this.saga, input);
    if (next === null) return;
    if (this.saga.command === null) throw new Violation(`${input} changed what was ${this.saga.state}`);
    this.saga = next.saga;
    for (const message of next.send) this.underWay.push(message);
  }

  /** The orchestrator dies; another takes the saga up from its row. */
  private restart(): void {
    const { state, command, attempt, failure } = this.saga;
    this.saga = Saga.parse({ state, command, attempt, failure });
  }

  /** At every instant: all the money is there once, what is held is held for the trade, and the item has one owner. */
  private check(): void {
    const { wallet, inventory, saga } = this;
    const { buyer, buyerHeld, seller, sellerHeld, house, others, hold, total } = wallet;
    const { owner, lock } = inventory;
    if (buyer + seller + house + others !== total) this.violated('the money is not whole');
    if (buyerHeld > buyer || sellerHeld > seller || others < 0) this.violated('an account is below zero');
    if (buyerHeld !== (hold === 'RESERVED' ? price : 0)) this.violated("the buyer's hold");
    if (sellerHeld !== (hold === 'TRANSFERRED' ? price : 0)) this.violated("the seller's hold");
    const paid = hold === 'TRANSFERRED' || hold === 'SETTLED';
    if ((owner === 'buyer') !== (lock === 'TRANSFERRED')) this.violated('the item moved without the trade');
    if (owner === 'buyer' && !paid) this.violated('the buyer has the item and the money');
    if (hold === 'SETTLED' && owner !== 'buyer') this.violated('the seller has the item and the money');
    if (saga.state === 'COMPLETED' && !(owner === 'buyer' && paid)) this.violated('completed, and not done');
    if (saga.state === 'FAILED' && (owner === 'buyer' || paid || hold === 'RESERVED' || lock === 'LOCKED')) {
      this.violated('failed, and not undone');
    }
  }

  /** At the end nothing is held, and who got what is what the saga says. */
  private checkEnd(): void {
    const { wallet, saga } = this;
    const done = saga.state === 'COMPLETED';
    if (wallet.buyerHeld + wallet.sellerHeld !== 0) this.violated('a hold outlived the trade');
    if (wallet.seller !== sellerHas + (done ? price - fee : 0) || wallet.house !== (done ? fee : 0)) {
      this.violated('the seller got something else');
    }
    if (this.inventory.lock === 'LOCKED') this.violated('a lock outlived the trade');
  }

  private violated(what: string): never {
    const { wallet, inventory, saga } = this;
    throw new Violation(`${what}: ${saga.state}, ${wallet.hold}, ${inventory.lock} at ${inventory.owner}`);
  }
}
