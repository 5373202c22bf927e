import { readFile, rename } from "node:fs/promises";
import type { StoreDocument } from "../store.ts";
import { readFormat, writeFormat } from "./format.ts";
import { SYSTEM_DIRECTORY } from "../layouts.ts";
import { explainSystemError, unlessMissing } from "./system-error.ts";
import type { Workplace } from "./workplace.ts";

/** Documents of the whole store. The deployment id is the one of `format.json`; MinIO has no place for others. */
export class Documents {
  readonly #workplace: Workplace;

  constructor(workplace: Workplace) {
    this.#workplace = workplace;
  }

  async get(name: StoreDocument): Promise<string | undefined> {
    const { layout } = this.#workplace;
    if (name === "deployment-id") return (await readFormat(layout))?.id;
    return await unlessMissing(readFile(`${layout.own}/${name}`, "utf8"));
  }

  async set(name: StoreDocument, text: string): Promise<void> {
    const { layout, buckets, staging, directories } = this.#workplace;
    await buckets.hold(SYSTEM_DIRECTORY, async () => {
      if (name === "deployment-id") return await writeFormat(this.#workplace, text);
      const draft = staging.draft();
      try {
        await staging.writeFile(draft, text);
        await rename(staging.path(draft), `${layout.own}/${name}`);
        await directories.sync(layout.own);
      } catch (thrown) {
        await staging.discard(draft);
        throw explainSystemError(thrown);
      }
    });
  }
}
