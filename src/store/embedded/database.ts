import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { integer } from "./row.ts";
import { APPLICATION_ID, FORMAT_VERSION, SCHEMA, UPGRADES } from "./schema.ts";
import { DATABASE_FILE } from "../layouts.ts";
import { StartError } from "../start-error.ts";

/**
 * Opens the database of a store, creating its tables when it is new. The exclusive locking mode is the lock against a
 * second server: the kernel releases it however the process ends. It also spares two system calls a statement.
 * @param lockTimeout how long to wait for a server that is just going away, in milliseconds
 * @throws StartError locked, newer-format, damaged
 */
export function openDatabase(directory: string, lockTimeout: number): DatabaseSync {
  const file = join(directory, DATABASE_FILE);
  const begins = !existsSync(file);
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      PRAGMA busy_timeout = ${Math.trunc(lockTimeout)};
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA synchronous = ${begins ? "OFF" : "FULL"};
      PRAGMA journal_mode = WAL;
      PRAGMA cache_size = -65536;
      PRAGMA temp_store = MEMORY;
    `);
    database.exec("BEGIN IMMEDIATE");
    ensureFormat(database, directory);
    database.exec("COMMIT");
    // Empty tables are nothing to lose yet: they are made durable all at once, not step by step.
    if (begins) database.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint");
    return database;
  } catch (error) {
    database.close();
    throw explain(error, directory);
  }
}

function ensureFormat(database: DatabaseSync, directory: string): void {
  const id = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  if (id === 0 && version === 0 && isEmpty(database)) {
    database.exec(SCHEMA);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
  } else if (id !== APPLICATION_ID) {
    throw new StartError(
      "damaged",
      `${join(directory, DATABASE_FILE)} is a database of some other program. ` +
        "Choose another directory, or move that file away.",
    );
  } else if (version > FORMAT_VERSION) {
    throw new StartError(
      "newer-format",
      `${directory} was written by a newer release: its format is ${version}, and this release knows formats ` +
        `up to ${FORMAT_VERSION}. Start the newer release on it.`,
    );
  } else if (version < FORMAT_VERSION) {
    for (const upgrade of UPGRADES.slice(version - 1)) database.exec(upgrade);
    database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
  }
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return integer(database.prepare(`PRAGMA ${name}`).get() ?? {}, name);
}

function explain(error: unknown, directory: string): unknown {
  if (error instanceof StartError || !(error instanceof Error)) return error;
  // Deno's node:sqlite gives no errcode, only SQLite's text.
  if (error.message.includes("database is locked")) {
    return new StartError(
      "locked",
      `${directory} is in use by another server. Stop that one first, or choose another directory.`,
      error,
    );
  }
  if (/not a database|malformed/.test(error.message)) {
    return new StartError(
      "damaged",
      `${join(directory, DATABASE_FILE)} is damaged (${error.message}). Restore the directory from a backup.`,
      error,
    );
  }
  return error;
}
