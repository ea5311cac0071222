import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * A number in [0, 1) that depends only on the match's seed, the `seq` of the event it is drawn for and what it is for:
 * the first 53 bits of SHA-256(`seed:seq:purpose`). Whoever has the seed can check it with sha256sum, and a replay does
 * not depend on who drew what before. As the hash cannot be inverted, seen draws do not tell the ones to come.
 */
export function draw(seed: string, seq: number, purpose: string): number {
  const digest = sha256(utf8ToBytes(`${seed}:${seq}:${purpose}`));
  const bits = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) >> 11n;
  return Number(bits) / 2 ** 53;
}

/** A whole number from `min` to `max`, both included. */
export const drawInteger = (seed: string, seq: number, purpose: string, min: number, max: number): number =>
  min + Math.floor(draw(seed, seq, purpose) * (max - min + 1));

/** The items in a drawn order; each order is as likely as any other (Fisher–Yates). */
export function drawOrder<T>(seed: string, seq: number, purpose: string, items: readonly T[]): T[] {
  const rest = [...items];
  return items.flatMap((_, place) => rest.splice(drawInteger(seed, seq, `${purpose}:${place}`, 0, rest.length - 1), 1));
}
