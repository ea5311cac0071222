import kafkajs, { type ICustomPartitioner } from 'kafkajs';

/** How old what a client knows of topics may be: a new partition is found within that time. */
export const metadataMaxAgeMs = 5000;
/** How long a group may take to share its partitions out anew. */
export const rebalanceTimeoutMs = 10_000;
/** After that every consumer reads the new partitions of a topic. */
const readWithinMs = metadataMaxAgeMs + rebalanceTimeoutMs;

/**
 * How many partitions of each topic a producer writes to. When a topic grows, most keys go to another partition than
 * before. The producer goes on with the old count until consumers read the new partitions, and says when it changes.
 */
export class PartitionCounts {
  private readonly used = new Map<string, number>();
  private readonly grown = new Map<string, { count: number; since: number }>();

  /** That of the Java client, over as many partitions as are used. */
  readonly partitioner: ICustomPartitioner = () => {
    const choose = kafkajs.Partitioners.DefaultPartitioner();
    return ({ topic, partitionMetadata, message }) =>
      choose({
        topic,
        message,
        partitionMetadata: partitionMetadata.slice(0, this.of(topic, partitionMetadata.length)),
      });
  };

  /** How many of the partitions that there are to write to. */
  of(topic: string, there: number, now = Date.now()): number {
    const used = this.used.get(topic);
    if (used === undefined || there <= used) {
      this.used.set(topic, there);
      this.grown.delete(topic);
      return there;
    }
    if (this.grown.get(topic)?.count !== there) this.grown.set(topic, { count: there, since: now });
    return used;
  }

  /** Those of the topics whose new partitions are to be written to from now on. */
  due(topics: string[], now = Date.now()): string[] {
    if (this.grown.size === 0) return [];
    return [...new Set(topics)].filter((topic) => now - (this.grown.get(topic)?.since ?? now) >= readWithinMs);
  }

  grow(topics: string[]): void {
    for (const topic of topics) {
      this.used.set(topic, this.grown.get(topic)?.count ?? 0);
      this.grown.delete(topic);
    }
  }
}
