import { z } from 'zod';

export const Status = z.enum(['NEW', 'REPLAYED', 'DISCARDED']);
export type Status = z.infer<typeof Status>;

/** A field of a form that was left empty was not filled in. */
const optional = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (typeof value === 'string' && value.trim() === '' ? undefined : value), schema.optional());
const text = optional(z.string().trim().max(300));
/** What a browser's field for a time has, in UTC. */
const time = optional(z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/, 'not a time'));

/** Which messages are meant: all fields that are given hold. */
export const Filter = z.object({
  topic: text,
  consumer: text,
  /** A part of the error, or its kind. */
  error: text,
  /** The beginning of the key, or an event's id. */
  key: text,
  type: text,
  status: optional(Status.or(z.literal('ANY'))).transform((status) => status ?? 'NEW'),
  from: time,
  to: time,
});
export type Filter = z.infer<typeof Filter>;

/** A condition on dlq.messages, with its parameters. */
export interface Condition {
  text: string;
  values: unknown[];
}

const literally = (pattern: string): string => pattern.replace(/[\\%_]/g, '\\$&');

/** The filter as SQL. */
export const conditionOf = (filter: Filter): Condition => {
  const values: unknown[] = [];
  const value = (one: unknown) => `$${values.push(one)}`;
  const conditions: string[] = [];
  const equal = (column: string, wanted: string | undefined) => {
    if (wanted !== undefined) conditions.push(`${column} = ${value(wanted)}`);
  };
  equal('topic', filter.topic);
  equal('consumer', filter.consumer);
  equal('event_type', filter.type);
  if (filter.status !== 'ANY') equal('status', filter.status);
  if (filter.key !== undefined) {
    conditions.push(`(key like ${value(`${literally(filter.key)}%`)} or event_id = ${value(filter.key)})`);
  }
  if (filter.error !== undefined) {
    // Half the work of `ilike`.
    const part = `strpos(lower(error), lower(${value(filter.error)}::text)) > 0`;
    conditions.push(`(${part} or error_kind = ${value(filter.error)})`);
  }
  if (filter.from !== undefined) conditions.push(`failed_at >= ${value(`${filter.from}Z`)}`);
  if (filter.to !== undefined) conditions.push(`failed_at < ${value(`${filter.to}Z`)}`);
  return { text: conditions.join(' and ') || 'true', values };
};
