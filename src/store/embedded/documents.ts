import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoreDocument } from "../store.ts";
import type { GroupCommit } from "./group-commit.ts";
import { fromStored, toStored } from "./stored-text.ts";

/** Documents of the whole store. They are few and read at start, so nothing is cached. */
export class Documents {
  readonly #commit: GroupCommit;
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor(database: DatabaseSync, commit: GroupCommit) {
    this.#commit = commit;
    this.#get = database.prepare("SELECT text FROM documents WHERE name = ?");
    this.#set = database.prepare("INSERT OR REPLACE INTO documents (name, text) VALUES (?, ?)");
  }

  get(name: StoreDocument): string | undefined {
    const text = this.#get.get(name)?.["text"];
    return typeof text === "string" ? fromStored(text) : undefined;
  }

  async set(name: StoreDocument, text: string): Promise<void> {
    await this.#commit.submit(() => void this.#set.run(name, toStored(text)));
  }
}
