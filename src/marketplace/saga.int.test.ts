import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TradeFailure } from '../contracts/economy.ts';
import { TradeId, type ListingId } from '../contracts/ids.ts';
import { fee, price, sellerHas } from './models.ts';
import { compensates, Saga, type Command, type Reply } from './saga.ts';
import { TestMarket } from './test-market.ts';
import { MortalReplica, Play, Stage, type Death, type Script } from './test-stage.ts';

/** Real: PostgreSQL, Kafka. wallet and inventory are played by the test, through the topic. */
const stepMs = 6000;
let market: TestMarket;
let stage: Stage;
let replica: MortalReplica;

const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
  for (const deadline = Date.now() + 50_000; ;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(25);
  }
};

interface Trade {
  tradeId: TradeId;
  listingId: ListingId;
  play: Play;
}
interface Ending {
  state: 'COMPLETED' | 'FAILED';
  failure: TradeFailure | null;
}
const completed: Ending = { state: 'COMPLETED', failure: null };
const failed = (failure: TradeFailure): Ending => ({ state: 'FAILED', failure });

/** How far each trade is, looked at for all of them at once. */
const sagas = new Map<TradeId, Saga>();
const watching = new AbortController();
const watch = async (): Promise<void> => {
  while (!watching.signal.aborted) {
    const rows = await market.owner.query<{ id: TradeId }>({
      text: 'select id, saga_state as state, command, attempt, failure from trades',
    });
    for (const { id, ...saga } of rows) sagas.set(id, Saga.parse(saga));
    await sleep(50);
  }
};
let watched: Promise<void>;

const ending = ({ tradeId }: Trade): Promise<Ending> =>
  until('the end', () => {
    const saga = sagas.get(tradeId);
    return saga?.state === 'COMPLETED' || saga?.state === 'FAILED'
      ? { state: saga.state, failure: saga.failure }
      : undefined;
  });
const compensating = ({ tradeId }: Trade) =>
  until('compensation', () => {
    const saga = sagas.get(tradeId);
    return saga && (compensates(saga) || saga.command === null) ? true : undefined;
  });

const begin = async (play: Play): Promise<Trade> => {
  const { listing } = await market.listed(replica.working, { price });
  const order = market.order(listing.listingId);
  stage.plays.set(order.caller.playerId, play);
  const { tradeId } = await replica.working.market.request(order);
  return { tradeId: TradeId.parse(tradeId), listingId: listing.listingId, play };
};

/** The trade is over: everybody has what the ending says, nothing is kept, and each step was taken once. */
const holds = async (trade: Trade, expected: Ending): Promise<void> => {
  const { tradeId, listingId, play } = trade;
  expect(await ending(trade)).toEqual(expected);
  const { wallet, inventory } = play;
  const done = expected.state === 'COMPLETED';
  if (done) await until('the settlement', () => (wallet.hold === 'SETTLED' ? true : undefined));
  const { seller, sellerHeld, buyerHeld, house, buyer, total } = wallet;
  expect({ seller, sellerHeld, buyerHeld, house, sum: buyer + seller + house }).toEqual({
    ...{ seller: sellerHas + (done ? price - fee : 0), house: done ? fee : 0 },
    ...{ sellerHeld: 0, buyerHeld: 0, sum: total },
  });
  expect(inventory.owner === 'buyer').toBe(done);
  expect(inventory.lock).not.toBe('LOCKED');
  const [listing] = await market.owner.query({ text: 'select status from listings where id = $1' }, [listingId]);
  const unsold = expected.failure === 'ITEM_NOT_AVAILABLE' ? 'CANCELLED' : 'ACTIVE';
  expect(listing).toEqual({ status: done ? 'SOLD' : unsold });
  const log = await market.owner.query<{ step: number; state: string }>(
    { text: 'select step, state from saga_log where trade_id = $1 order by step' },
    [tradeId],
  );
  expect(log.map(({ step }) => step)).toEqual(log.map((_, index) => index + 1));
  expect(log.at(-1)?.state).toBe(expected.state);
  const sent = await market.owner.query<{ type: string; id: string }>(
    { text: `select value::jsonb ->> 'type' as type, value::jsonb ->> 'eventId' as id from outbox where key = $1` },
    [tradeId],
  );
  expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
  const announced = sent.filter(({ type }) => type === 'TradeCompleted' || type === 'TradeFailed');
  expect(announced.map(({ type }) => type)).toEqual([done ? 'TradeCompleted' : 'TradeFailed']);
};

const honest: Script = (_message, _nth, carryOut) => carryOut();
/** All as it should be, but for one command. */
const only =
  (command: string, script: Script): Script =>
  (message, nth, carryOut) =>
    message === command ? script(message, nth, carryOut) : carryOut();
const playOf = (script: Script) => new Play(script, price);
const withoutItem = (play: Play): Play => {
  play.inventory.leave();
  return play;
};

const forward = ['ReserveFunds', 'LockItem', 'TransferFunds', 'TransferItem'] as const;
const refused: Record<(typeof forward)[number], { play: () => Play; ends: Ending }> = {
  ReserveFunds: { play: () => new Play(honest, price - 1), ends: failed('INSUFFICIENT_BALANCE') },
  LockItem: { play: () => withoutItem(playOf(honest)), ends: failed('ITEM_NOT_AVAILABLE') },
  TransferFunds: {
    play: () => playOf(only('TransferFunds', () => ['FundsReservationFailed'])),
    ends: failed('INSUFFICIENT_BALANCE'),
  },
  TransferItem: {
    play: () => playOf(only('TransferItem', () => ['ItemLockFailed'])),
    ends: failed('ITEM_NOT_AVAILABLE'),
  },
};
/** What goes wrong before, so that a trade is compensated. */
const compensations = {
  ReleaseFunds: { play: (script: Script) => withoutItem(playOf(script)), ends: failed('ITEM_NOT_AVAILABLE') },
  UnlockItem: {
    play: (script: Script) =>
      playOf((message, nth, carryOut) =>
        message === 'TransferFunds' ? ['FundsReservationFailed'] : script(message, nth, carryOut),
      ),
    ends: failed('INSUFFICIENT_BALANCE'),
  },
} as const;

/** Faults that the sending again gets over. */
const passing: Record<string, Script> = {
  'not carried out the first time, as by a death before the commit': (_message, nth, carryOut) =>
    nth === 1 ? [] : carryOut(),
  'carried out, its first answer lost, as by a death after the commit': (_message, nth, carryOut) => {
    const replies = carryOut();
    return nth === 1 ? [] : replies;
  },
  'answered three times': (_message, _nth, carryOut) => carryOut().flatMap((reply) => [reply, reply, reply]),
};

type Case = [name: string, run: () => Promise<void>];
const cases: Case[] = [];
const add = (name: string, play: () => Play, ends: Ending, meanwhile = async (_trade: Trade) => {}) => {
  cases.push([
    name,
    async () => {
      const trade = await begin(play());
      await meanwhile(trade);
      await holds(trade, ends);
    },
  ]);
};
add('all goes well: COMPLETED', () => playOf(honest), completed);
for (const command of forward) {
  const { play, ends } = refused[command];
  add(`${command} refused: ${ends.failure ?? ''}`, play, ends);
  for (const [fault, script] of Object.entries(passing)) {
    add(`${command} ${fault}: COMPLETED`, () => playOf(only(command, script)), completed);
  }
  add(`${command} never answered: TIMED_OUT`, () => playOf(only(command, () => [])), failed('TIMED_OUT'));

  let withheld: Reply[] = [];
  // The item that has moved can't be had back: then the trade is completed after all.
  const late = command === 'TransferItem' ? completed : failed('TIMED_OUT');
  add(
    `${command} carried out, answered when it is compensated: ${late.failure ?? late.state}`,
    () =>
      playOf(
        only(command, (_message, _nth, carryOut) => {
          withheld = carryOut();
          return [];
        }),
      ),
    late,
    async (trade) => {
      await compensating(trade);
      await stage.say(trade.tradeId, withheld);
    },
  );
  add(
    `${command} carried out and answered after the end: TIMED_OUT`,
    () => playOf(only(command, () => [])),
    failed('TIMED_OUT'),
    async (trade) => {
      await ending(trade);
      await stage.say(trade.tradeId, trade.play.carryOut(command));
      await sleep(200);
    },
  );
}
const lasting: Script = (_message, nth, carryOut) => (nth <= 4 ? [] : carryOut());
for (const [command, { play, ends }] of Object.entries(compensations)) {
  for (const [fault, script] of Object.entries({ ...passing, 'not answered for longer than a step': lasting })) {
    add(`compensation: ${command} ${fault}: ${ends.failure ?? ''}`, () => play(only(command, script)), ends);
  }
}

const outcomes = new Map<string, Promise<void>>();
beforeAll(async () => {
  [market, stage] = await Promise.all([TestMarket.open(), Stage.open()]);
  replica = await MortalReplica.start(market, stage, stepMs);
  watched = watch();
  // All at once: most of them wait for time to pass.
  for (const [name, run] of cases) {
    const outcome = run();
    outcome.catch(() => undefined); // Told by its test.
    outcomes.set(name, outcome);
  }
});
afterAll(async () => {
  watching.abort();
  await watched;
  await replica.stop();
  await stage.close();
  await market.close();
});

test.each(cases.map(([name]) => name))('%s', async (name) => {
  await outcomes.get(name);
});

const answered: { command: Command; reply: Reply; play: () => Play; ends: Ending }[] = [
  { command: 'ReserveFunds', reply: 'FundsReserved', play: () => playOf(honest), ends: completed },
  { command: 'LockItem', reply: 'ItemLocked', play: () => playOf(honest), ends: completed },
  { command: 'TransferFunds', reply: 'FundsTransferred', play: () => playOf(honest), ends: completed },
  { command: 'TransferItem', reply: 'ItemTransferred', play: () => playOf(honest), ends: completed },
  { ...released('ReleaseFunds'), reply: 'FundsReleased' },
  { ...released('UnlockItem'), reply: 'ItemUnlocked' },
];
function released(command: keyof typeof compensations) {
  const { play, ends } = compensations[command];
  return { command, play: () => play(honest), ends };
}
const deaths: Death[] = ['before its commit', 'after its commit'];
test.each(answered.flatMap((one) => deaths.map((death) => ({ ...one, death }))))(
  'marketplace dies while it takes up the answer to $command, $death: another goes on',
  async ({ death, reply, play, ends }) => {
    replica.doom(reply, death);
    const trade = await begin(play());
    await until('its death', () => (replica.dead ? true : undefined));
    await replica.stop();
    replica = await MortalReplica.start(market, stage, stepMs);
    await holds(trade, ends);
  },
);

test('thirty trades at two replicas of which one dies: another takes its part, and each comes to its end once', async () => {
  const second = await MortalReplica.start(market, stage, stepMs);
  second.doom('FundsTransferred', 'after its commit');
  const trades = await Promise.all(Array.from({ length: 30 }, () => begin(playOf(honest))));
  await until('its death', () => (second.dead ? true : undefined));
  await second.stop();
  await Promise.all(trades.map((trade) => holds(trade, completed)));
});
