/** FNV-1a, 32 bits, over the UTF-16 units. */
export const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
};

/** The finaliser of MurmurHash3: every bit of the input changes half of the output's. */
const mix = (hash: number): number => {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

/**
 * Rendezvous hashing: of the candidates the one that this key prefers. Every gateway comes to the same, with nothing
 * shared, and when a candidate goes or comes only the keys that preferred it move.
 * @param key hashed by `hashText`
 * @param candidates with `seed`, the hash of what identifies them
 */
export const prefer = <T extends { seed: number }>(key: number, candidates: readonly T[]): T | undefined => {
  let best: T | undefined;
  let highest = -1;
  for (const candidate of candidates) {
    const score = mix(key ^ mix(candidate.seed));
    if (score > highest) {
      highest = score;
      best = candidate;
    }
  }
  return best;
};
