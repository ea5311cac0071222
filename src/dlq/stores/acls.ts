import type { KafkaPlan } from './plan.ts';

export type Operation = 'Read' | 'Write' | 'Describe';

/** One thing that a user may do. */
export interface Right {
  type: 'topic' | 'group';
  name: string;
  operation: Operation;
}

/**
 * What a user may do, and no more: read its topics as its consumer group, which has the user's name, write what it writes and
 * the dead letter queues of what it reads. As the chart's KafkaUsers have it.
 */
export const rightsOf = (user: string, { reads, writes }: KafkaPlan['users'][string]): Right[] => {
  const on = (type: Right['type'], name: string, ...operations: Operation[]) =>
    operations.map((operation): Right => ({ type, name, operation }));
  return [
    ...reads.flatMap((topic) => [
      ...on('topic', topic, 'Read', 'Describe'),
      ...(topic.endsWith('.dlq') ? [] : on('topic', `${topic}.dlq`, 'Write', 'Describe')),
    ]),
    ...(reads.length > 0 ? on('group', user, 'Read', 'Describe') : []),
    ...writes.flatMap((topic) => on('topic', topic, 'Write', 'Describe')),
  ];
};
