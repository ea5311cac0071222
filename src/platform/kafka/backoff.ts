/** The wait before another try: doubling from 100 ms to 2 s, with jitter. */
export const backoffMs = (attempt: number): number => Math.min(2000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
