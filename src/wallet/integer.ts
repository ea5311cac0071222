/**
 * A whole number that is kept exactly: PostgreSQL's `bigint` comes as text.
 * @throws RangeError for anything else
 */
export const integer = (value: string | number): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`not a whole number that can be kept exactly: ${value}`);
  return number;
};
