/** What differs between two messages with the same fault: ids, quoted values, numbers. The first that fits is replaced. */
const particular =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|"[^"]*"|'[^']*'|\b0x[0-9a-f]+\b|\b[0-9a-f]{16,}\b|\d+(?:[.,]\d+)*/gi;

/** Errors of the same kind have the same text here: `No wallet 4711` becomes `No wallet …`. */
export const kindOf = (error: string): string => error.replaceAll(particular, '…').slice(0, 200);
