/** The steps in which the content of a Secret changes, as what is to be patched: a key with null goes. Values are as in the API, base64. */
export type Data = Record<string, string>;
type Patch = Record<string, string | null>;

const otherOf = (key: string) => `${key}.other`;

/** Whether a Secret has what it is to have, and nothing else but other values. */
export const same = (held: Data, wanted: Data): boolean =>
  Object.entries(wanted).every(([key, value]) => held[key] === value) &&
  Object.keys(held).every((key) => key in wanted || key.replace(/\.other$/, '') in wanted);

/** New values become the other ones. */
export const announced = (held: Data, wanted: Data): Patch => {
  const patch: Patch = {};
  for (const [key, value] of Object.entries(wanted)) {
    if (held[key] === undefined) patch[key] = value;
    else if (held[key] !== value) patch[otherOf(key)] = value;
  }
  return patch;
};

/** New values become the current ones, and those before the other ones when the reader takes `both`. What nobody reads goes. */
export const switched = (held: Data, wanted: Data, both: boolean): Patch => {
  const patch: Patch = {};
  for (const [key, value] of Object.entries(wanted)) {
    const before = held[key];
    if (before === value) continue;
    patch[key] = value;
    if (both && before !== undefined) patch[otherOf(key)] = before;
  }
  for (const key of Object.keys(held))
    if (!(key in wanted) && !(key.replace(/\.other$/, '') in wanted)) patch[key] = null;
  return patch;
};

/** The other values of these keys go. */
export const expired = (held: Data, keys: string[]): Patch =>
  Object.fromEntries(keys.map(otherOf).flatMap((key) => (key in held ? [[key, null]] : [])));
