export const print = (line = ''): boolean => process.stdout.write(`${line}\n`);

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Rows under the names of their columns, aligned. */
export const table = (rows: Record<string, string | number>[]): void => {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  for (const line of cells) print(line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '));
};
