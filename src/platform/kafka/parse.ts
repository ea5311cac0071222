import type { KafkaMessage } from 'kafkajs';
import type { z } from 'zod';

/** The schema of a topic's events: one type of event, or several told apart by `type`. */
export type EventSchema<E> = z.ZodType<E> & ({ shape: TypeShape } | { options: readonly { shape: TypeShape }[] });
interface TypeShape {
  type: z.ZodLiteral<string>;
}

type Parsed<E> = { kind: 'event'; event: E } | { kind: 'unknown' } | { kind: 'poison'; error: Error };

/** The types of event that a topic's schema knows. */
export const typesOf = <E>(schema: EventSchema<E>): string[] =>
  ('options' in schema ? schema.options : [schema]).map(({ shape }) => shape.type.value);

/** An event of the topic's schema, one of a type that a newer version may know, or poison. */
export const parseEvent = <E extends { type: string }>(
  schema: EventSchema<E>,
  record: Pick<KafkaMessage, 'value'>,
): Parsed<E> => {
  let json: unknown;
  try {
    json = JSON.parse(record.value?.toString() ?? '');
  } catch {
    return { kind: 'poison', error: new Error('not JSON') };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'event', event: parsed.data };
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  if (typeof type === 'string' && !typesOf(schema).includes(type)) return { kind: 'unknown' };
  const [issue] = parsed.error.issues;
  return { kind: 'poison', error: new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`) };
};
