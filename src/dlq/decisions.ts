import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Database, Transaction } from '../platform/database/database.ts';
import type { Producer } from '../platform/kafka/producer.ts';
import { conditionOf, Filter, type Condition, type Status } from './filter.ts';
import type { StoredRecord } from './messages.ts';
import { replay, type Replayable } from './replay.ts';

export const Action = z.enum(['REPLAY', 'DISCARD']);
export type Action = z.infer<typeof Action>;

/** Which messages are meant: some that were picked, or all that wait and fit a filter. */
const Scope = z.union([z.object({ ids: z.array(z.string()) }), z.object({ filter: Filter })]);
export type Scope = z.infer<typeof Scope>;

/** What an operator decided, and how far it has been done: the audit trail. */
export interface Decision {
  id: string;
  at: Date;
  operator: string;
  action: Action;
  reason: string | null;
  scope: Scope;
  total: number;
  succeeded: number;
  /** How many could not, by why. */
  refused: Record<string, number>;
  finishedAt: Date | null;
}
interface OpenDecision extends Decision {
  lastId: string;
  doneId: string;
}

/** Of one transaction. */
const atOnce = { messages: 500, bytes: 4 * 1024 * 1024 };
const columns = `id, at, operator, action, reason, scope, total, succeeded, refused, finished_at as "finishedAt"`;

const conditionFor = (scope: Scope): Condition =>
  'ids' in scope
    ? { text: 'id = any ($1::bigint[])', values: [scope.ids] }
    : // What was decided before is not decided again by a filter.
      and(conditionOf(scope.filter), `status = 'NEW'`);
const and = ({ text, values }: Condition, more: string): Condition => ({ text: `${text} and ${more}`, values });

interface Candidate extends Omit<Replayable, keyof StoredRecord> {
  status: Status;
  payloadBytes: number;
}

/** Why nothing is to be done with a message; null when something is. */
const refusalOf = (action: Action, { status, consumer }: Candidate): string | null => {
  if (status === 'REPLAYED') return 'already replayed';
  if (action === 'DISCARD') return status === 'DISCARDED' ? 'already discarded' : null;
  return consumer === null ? 'does not say which consumer it is for' : null;
};

/**
 * Carries out what operators decide, some messages at a time, each time in one transaction that also says how far it has
 * come: any replica goes on where another has ended.
 */
export class Decisions {
  private readonly database: Database;
  private readonly producer: Producer;

  constructor(database: Database, producer: Producer) {
    this.database = database;
    this.producer = producer;
  }

  /** Records a decision about the messages that are there now. @returns its id */
  async take(operator: string, action: Action, scope: Scope, reason: string | null): Promise<string> {
    const { text, values } = conditionFor(scope);
    const [decision] = await this.database.query<{ id: string }>(
      {
        text: `insert into dlq.decisions (operator, action, reason, scope, total, last_id, finished_at)
               select $${values.length + 1}, $${values.length + 2}, $${values.length + 3}, $${values.length + 4}::jsonb,
                 count(*), coalesce(max(id), 0), case when count(*) = 0 then now() end
               from dlq.messages where ${text} returning id`,
      },
      [...values, operator, action, reason, JSON.stringify(scope)],
    );
    return decision?.id ?? '';
  }

  async find(id: string): Promise<Decision | null> {
    const [row] = await this.database.query<Decision>(
      { name: 'dlq-decision', text: `select ${columns} from dlq.decisions where id = $1` },
      [id],
    );
    return row ?? null;
  }

  /** The newest first, before the one given. */
  list(before: string | null, limit: number): Promise<Decision[]> {
    return this.database.query<Decision>(
      {
        name: 'dlq-decisions',
        text: `select ${columns} from dlq.decisions where $1::bigint is null or id < $1 order by id desc limit $2`,
      },
      [before, limit],
    );
  }

  /** Those that are being carried out. */
  open(): Promise<Decision[]> {
    return this.database.query<Decision>({
      name: 'dlq-open',
      text: `select ${columns} from dlq.decisions where finished_at is null order by id`,
    });
  }

  /** Messages that a decision could do nothing with. */
  refusals(id: string, limit: number): Promise<{ messageId: string; refusal: string }[]> {
    return this.database.query(
      {
        text: `select message_id as "messageId", refusal from dlq.changes
               where decision_id = $1 and refusal is not null order by message_id limit $2`,
      },
      [id, limit],
    );
  }

  /** Carries out one decision, for so long at most; what is left then is done in the background. */
  async carryOut(id: string, withinMs: number): Promise<void> {
    for (const deadline = Date.now() + withinMs; Date.now() < deadline;) {
      if (await this.advance(id)) continue;
      if ((await this.find(id))?.finishedAt) return;
      await sleep(50); // Another has it in hand.
    }
  }

  /** Carries out all that are open, until the process drains. @throws while Kafka or the database is away */
  async carryOutAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.advance()));
  }

  /**
   * The next messages of the decision, or of the oldest that is open.
   * @returns whether there was one
   */
  advance(id: string | null = null): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const [decision] = await transaction.query<OpenDecision>(
        {
          name: 'dlq-next',
          text: `select ${columns}, last_id as "lastId", done_id as "doneId" from dlq.decisions
                 where finished_at is null and ($1::bigint is null or id = $1)
                 order by id limit 1 for update skip locked`,
        },
        [id],
      );
      if (!decision) return false;
      await this.advanceBy(transaction, decision);
      return true;
    });
  }

  private async advanceBy(transaction: Transaction, decision: OpenDecision): Promise<void> {
    const { text, values } = conditionFor(Scope.parse(decision.scope));
    const next = await transaction.query<Candidate>(
      {
        text: `select id, queue, consumer, status, payload_bytes as "payloadBytes" from dlq.messages
               where id > $${values.length + 1} and id <= $${values.length + 2} and ${text}
               order by id limit ${atOnce.messages} for update`,
      },
      [...values, decision.doneId, decision.lastId],
    );
    let bytes = 0;
    const chunk = next.filter(({ payloadBytes }, index) => (bytes += payloadBytes) <= atOnce.bytes || index === 0);
    const refusals = new Map<string, string>();
    for (const message of chunk) {
      const refusal = refusalOf(decision.action, message);
      if (refusal !== null) refusals.set(message.id, refusal);
    }
    const meant = chunk.filter(({ id }) => !refusals.has(id));
    if (decision.action === 'REPLAY' && meant.length > 0) {
      const records = await transaction.query<StoredRecord & { id: string }>(
        {
          name: 'dlq-records',
          text: 'select message_id as id, key, headers, payload from dlq.records where message_id = any ($1::bigint[])',
        },
        [meant.map(({ id }) => id)],
      );
      const recordOf = new Map(records.map((record) => [record.id, record]));
      const letters = meant.flatMap((message) => {
        const record = recordOf.get(message.id);
        return record ? [{ ...message, ...record }] : [];
      });
      for (const [messageId, refusal] of await replay(this.producer, letters)) refusals.set(messageId, refusal);
    }
    this.record(transaction, decision, chunk, refusals, chunk.length === next.length && next.length < atOnce.messages);
  }

  private record(
    transaction: Transaction,
    decision: OpenDecision,
    chunk: Candidate[],
    refusals: Map<string, string>,
    finished: boolean,
  ): void {
    const done = chunk.filter(({ id }) => !refusals.has(id)).map(({ id }) => id);
    const status: Status = decision.action === 'REPLAY' ? 'REPLAYED' : 'DISCARDED';
    transaction.send({ text: 'update dlq.messages set status = $1 where id = any ($2::bigint[])' }, [status, done]);
    transaction.send(
      {
        text: `insert into dlq.changes (message_id, decision_id, refusal)
               select id, $1, $3::jsonb ->> id::text from unnest($2::bigint[]) as id`,
      },
      [decision.id, chunk.map(({ id }) => id), JSON.stringify(Object.fromEntries(refusals))],
    );
    const refused = { ...decision.refused };
    for (const refusal of refusals.values()) refused[refusal] = (refused[refusal] ?? 0) + 1;
    transaction.send(
      {
        text: `update dlq.decisions set done_id = $2, succeeded = succeeded + $3, refused = $4,
                 finished_at = case when $5 then now() end
               where id = $1`,
      },
      [decision.id, chunk.at(-1)?.id ?? decision.lastId, done.length, JSON.stringify(refused), finished],
    );
  }
}
