import { SagaState, type Trade, type TradeFailure, type TradeQuery, type TradeStatus } from '../contracts/economy.ts';
import type { Trades as Page, TradeTerms } from '../contracts/economy.ts';
import type { PlayerId, TradeId } from '../contracts/ids.ts';
import { describeItem } from '../contracts/items.ts';
import type { Database } from '../platform/database/database.ts';
import { ApiError } from '../platform/errors.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { termsOf } from './store.ts';
import { beganAt } from './trade-id.ts';

interface TradeRow extends TradeTerms {
  status: TradeStatus;
  sagaState: SagaState;
  failure: TradeFailure | null;
  createdAt: Date;
  updatedAt: Date;
}

const columns = `${termsOf}, t.status, t.saga_state as "sagaState", t.failure, t.created_at as "createdAt",
  t.updated_at as "updatedAt"`;

/** Trades as their buyer and seller see them. */
export class Trades {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @throws TRADE_NOT_FOUND, for who has no part in it as well */
  async view(tradeId: TradeId, playerId: PlayerId): Promise<Trade> {
    const [row] = await this.database.query<TradeRow>(
      {
        name: 'trade-view',
        // Its id says in which partition it is, or else its key. They are asked while the plan, made once, is carried out: with
        // the value itself as a condition it would be planned anew each time, and cost more than the months do.
        text: `select ${columns} from trades t
               where t.id = $1 and $2 in (t.buyer_id, t.seller_id) and t.created_at =
                 (select coalesce($3::timestamptz, (select created_at from trade_keys where trade_id = $1)))`,
      },
      [tradeId, playerId, beganAt(tradeId) ?? null],
    );
    if (!row) throw new ApiError('TRADE_NOT_FOUND', 'You have no trade with this id.');
    return presented(row);
  }

  /** Newest first. */
  async list(playerId: PlayerId, { role, page, limit }: TradeQuery): Promise<Page> {
    // Nobody buys from itself: what both sides bring is never the same trade twice.
    const sides = role === undefined ? (['buyer', 'seller'] as const) : [role];
    const of = (what: string, tail = '') =>
      sides.map((side) => `(select ${what} from trades t where t.${side}_id = $1 ${tail})`).join(' union all ');
    const name = role ?? 'both';
    const [counts, rows] = await this.database.read((on) =>
      Promise.all([
        on.query<{ total: number }>({ name: `trades-count-${name}`, text: of('count(*)::int as total') }, [playerId]),
        on.query<TradeRow>(
          {
            name: `trades-list-${name}`,
            // Each side by its index, as far as this page reaches.
            text: `select * from (${of(columns, 'order by t.created_at desc limit $2::int + $3::int')}) as t
                   order by "createdAt" desc, "tradeId" limit $2 offset $3`,
          },
          [playerId, limit, (page - 1) * limit],
        ),
      ]),
    );
    return { items: rows.map(presented), total: counts.reduce((sum, { total }) => sum + total, 0), page };
  }

  /** How many trades are under way, for the metrics. */
  async count(): Promise<void> {
    const rows = await this.database.query<{ state: SagaState; trades: number }>({
      name: 'trades-in-flight',
      text: `select saga_state as state, count(*)::int as trades from trades where status = 'PENDING' group by 1`,
    });
    for (const state of SagaState.options) metrics.tradesInFlight.set({ state }, 0);
    for (const { state, trades } of rows) metrics.tradesInFlight.set({ state }, trades);
  }
}

const presented = ({ item, createdAt, updatedAt, ...row }: TradeRow): Trade => ({
  ...row,
  item: describeItem(item),
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
