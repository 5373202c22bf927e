import type { SQLOutputValue } from "node:sqlite";

/** One row of a result, by column name. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A TEXT column. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw unexpected(column, "text", value);
  return value;
}

/** A TEXT column that may be NULL. */
export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

/** An INTEGER column. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw unexpected(column, "a number", value);
  return value;
}

/** A BLOB column that may be NULL. */
export function optionalBytes(row: Row, column: string): Uint8Array | undefined {
  const value = row[column];
  if (value === null) return undefined;
  if (!(value instanceof Uint8Array)) throw unexpected(column, "bytes", value);
  return value;
}

function unexpected(column: string, wanted: string, value: unknown): Error {
  return new Error(`column ${column} of the store's database holds ${typeof value} where ${wanted} belongs`);
}
