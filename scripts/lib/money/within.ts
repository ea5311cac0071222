import { systemAccounts } from '../../../src/contracts/economy.ts';

/** A rule that holds in one database at every instant. */
export interface Check {
  rule: string;
  database: 'wallet' | 'inventory' | 'marketplace';
  /** Selects what breaks the rule. */
  broken: string;
}

const { game } = systemAccounts;

/** What each player holds by the ledger. */
const byLedger = `
  select player_id,
    coalesce(sum(amount) filter (where asset = 'CURRENCY'), 0) as currency,
    coalesce(sum(amount) filter (where asset = 'STAMP'), 0) as stamps
  from transactions where player_id <> '${game}' group by player_id`;

/** What trades and actions keep of each player. */
const heldFunds = `
  select player_id, sum(amount) as held from (
    select buyer_id as player_id, amount from holds where state = 'RESERVED'
    union all select seller_id, amount from holds where state = 'TRANSFERRED') as open group by player_id`;
const heldStamps = `
  select player_id, count(*) as held from stamp_reservations where state = 'RESERVED' group by player_id`;

/** Who has what of each trade's money. */
const ofTrades = `
  select h.trade_id, h.state, h.amount, h.buyer_id, h.seller_id,
    coalesce(sum(t.amount) filter (where t.player_id = h.buyer_id and t.type in ('PURCHASE', 'REFUND')), 0) as buyer,
    coalesce(sum(t.amount) filter (where t.player_id = h.seller_id and t.type in ('SALE', 'REFUND')), 0) as seller,
    coalesce(sum(t.amount), 0) as sum
  from holds h left join transactions t on t.reference = h.trade_id and t.asset = 'CURRENCY'
  group by h.trade_id`;

export const within: readonly Check[] = [
  {
    rule: 'the ledger sums to 0, per asset',
    database: 'wallet',
    broken: `select asset, sum(amount) from transactions group by asset having sum(amount) <> 0`,
  },
  {
    rule: 'no balance or hold is negative, and none is more than its balance',
    database: 'wallet',
    broken: `select * from wallets where balance < 0 or held_amount < 0 or held_amount > balance
               or stamp_balance < 0 or stamps_held < 0 or stamps_held > stamp_balance`,
  },
  {
    rule: 'every wallet is what the ledger says',
    database: 'wallet',
    broken: `select player_id, w.balance, l.currency, w.stamp_balance, l.stamps
             from wallets w full join (${byLedger}) l using (player_id)
             where coalesce(w.balance, 0) <> coalesce(l.currency, 0)
                or coalesce(w.stamp_balance, 0) <> coalesce(l.stamps, 0)`,
  },
  {
    rule: 'each line of the ledger follows from the one before',
    database: 'wallet',
    broken: `select * from (
               select player_id, id, asset, balance_after,
                 sum(amount) over (partition by player_id, asset order by id) as sum
               from transactions where player_id <> '${game}') as lines where balance_after <> sum`,
  },
  {
    rule: 'what is held equals the open holds of trades',
    database: 'wallet',
    broken: `select player_id, w.held_amount, h.held from wallets w full join (${heldFunds}) h using (player_id)
             where coalesce(w.held_amount, 0) <> coalesce(h.held, 0)`,
  },
  {
    rule: 'the stamps that are held equal the open reservations',
    database: 'wallet',
    broken: `select player_id, w.stamps_held, h.held from wallets w full join (${heldStamps}) h using (player_id)
             where coalesce(w.stamps_held, 0) <> coalesce(h.held, 0)`,
  },
  {
    rule: 'each step of a trade moved its money once, and a trade that came to nothing moved none',
    database: 'wallet',
    broken: `select * from (${ofTrades}) as trades where sum <> 0
                or buyer <> (case when state in ('TRANSFERRED', 'SETTLED') then -amount else 0 end)
                or seller <> (case when state in ('TRANSFERRED', 'SETTLED') then amount else 0 end)`,
  },
  {
    rule: 'each stamp that was spent was taken once, and no other',
    database: 'wallet',
    broken: `select r.player_id, r.action_id, r.state, sum(t.amount) as taken
             from stamp_reservations r
             full join (select * from transactions where type = 'STAMP_SPENT' and player_id <> '${game}') t
               on t.reference = r.action_id and t.player_id = r.player_id
             group by r.player_id, r.action_id, r.state
             having coalesce(sum(t.amount), 0) <> (case when r.state = 'SPENT' then -1 else 0 end)`,
  },
  {
    rule: 'a player has one reward of a match at most',
    database: 'wallet',
    broken: `select player_id, reference, asset, count(*) from transactions where type = 'REWARD' and player_id <> '${game}'
             group by player_id, reference, asset having count(*) > 1`,
  },
  {
    rule: 'every item has one owner, and the history to prove it',
    database: 'inventory',
    broken: `select i.id, i.owner_id, i.owners, h.number, h.owner_id as proven from items i
             left join lateral (
               select number, owner_id, count(*) over () as entries from item_history where item_id = i.id
               order by number desc limit 1) h on true
             where h.owner_id is distinct from i.owner_id or h.number is distinct from i.owners
                or h.entries is distinct from i.owners::bigint`,
  },
  {
    rule: 'every owner got its item from the one before',
    database: 'inventory',
    broken: `select * from (
               select item_id, number, from_id, lag(owner_id) over (partition by item_id order by number) as before
               from item_history) as chain where from_id is distinct from before`,
  },
  {
    rule: 'an item is locked when, and only when, a trade has it',
    database: 'inventory',
    broken: `select i.id, i.locked_by, l.trade_id from items i
             full join (select * from item_locks where state = 'LOCKED') l on l.item_id = i.id
             where i.locked_by is distinct from l.trade_id`,
  },
  {
    rule: 'each trade moved its item once',
    database: 'inventory',
    broken: `select l.trade_id, l.state, count(h.item_id) from item_locks l
             full join (select * from item_history where cause = 'TRADE') h
               on h.reference = l.trade_id and h.item_id = l.item_id
             group by l.trade_id, l.state
             having count(h.item_id) <> (case when l.state = 'TRANSFERRED' then 1 else 0 end)`,
  },
  {
    rule: 'a listing that is reserved has one running trade, one that is sold one completed trade, and no other has any',
    database: 'marketplace',
    broken: `select l.id, l.status, count(t.id) filter (where t.status = 'PENDING') as running,
               count(t.id) filter (where t.status = 'COMPLETED') as completed
             from listings l left join trades t on t.listing_id = l.id group by l.id
             having count(t.id) filter (where t.status = 'PENDING') <> (case when l.status = 'RESERVED' then 1 else 0 end)
                 or count(t.id) filter (where t.status = 'COMPLETED') <> (case when l.status = 'SOLD' then 1 else 0 end)`,
  },
  {
    rule: 'every trade is known by its key, and every key by its trade',
    database: 'marketplace',
    broken: `select t.id, k.trade_id from trades t
             full join trade_keys k on k.trade_id = t.id and k.created_at = t.created_at
             where t.id is null or k.trade_id is null`,
  },
];
