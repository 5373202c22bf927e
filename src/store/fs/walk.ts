import { Buffer } from "node:buffer";
import { commonPrefix } from "../folded-page.ts";
import type { ListQuery } from "../store.ts";
import { realPath } from "./data-file.ts";
import type { DirectoryReader } from "./directory-reader.ts";
import type { Layout } from "./layout.ts";
import { compareUtf8 } from "../utf8-order.ts";

/** The longest key in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/** A step of a walk: a key, or a group of keys that fold into one common prefix. */
export type Step = { readonly key: string } | { readonly group: string };

type Where = Pick<ListQuery, "bucket" | "prefix" | "delimiter" | "after">;

/**
 * Walks the keys of a bucket behind `after` in UTF-8 byte order. A directory whose keys all fold into one common prefix
 * is not looked into. A group may come several times in a row.
 */
export async function* walk(layout: Layout, reader: DirectoryReader, where: Where): AsyncGenerator<Step> {
  const base = where.prefix.slice(0, where.prefix.lastIndexOf("/") + 1);
  if (!isPath(base)) return;
  const directory = await realPath(layout, layout.data(where.bucket, base));
  if (directory === undefined) return;
  yield* walkDirectory({ layout, reader, where }, directory, base, [directory]);
}

async function* walkDirectory(
  context: { readonly layout: Layout; readonly reader: DirectoryReader; readonly where: Where },
  directory: string,
  base: string,
  ancestors: readonly string[],
): AsyncGenerator<Step> {
  const { prefix, delimiter, after } = context.where;
  const names = [firstName(prefix, base), firstName(after, base)];
  let from = "";
  for (const name of names) {
    if (name === undefined) return;
    if (compareUtf8(name, from) > 0) from = name;
  }
  for (;;) {
    const entries = await context.reader.read(directory, from, ancestors);
    if (entries === undefined) return;
    if (entries.empty && base !== "") yield* shown({ key: base });
    for (const name of entries.names) {
      const key = base + name;
      if (!key.startsWith(prefix)) return;
      if (Buffer.byteLength(key) > MAX_KEY_BYTES) continue;
      if (!name.endsWith("/")) {
        yield* shown({ key });
        continue;
      }
      const group = commonPrefix(key, prefix, delimiter);
      if (group !== undefined) {
        // Behind `after` there may be nothing of the group but what `after` is itself.
        if (!after.startsWith(key) || after === key) yield* shown({ group });
        else yield* deeper(key, name);
        continue;
      }
      yield* deeper(key, name);
    }
    if (!entries.more) return;
    from = `${entries.names.at(-1)}\0`;
  }

  async function* deeper(key: string, name: string): AsyncGenerator<Step> {
    const path = await realPath(context.layout, `${directory}/${name.slice(0, -1)}`);
    if (path !== undefined) yield* walkDirectory(context, path, key, [...ancestors, path]);
  }

  function* shown(step: { readonly key: string } | { readonly group: string }): Generator<Step> {
    if ("group" in step) return yield step;
    if (!step.key.startsWith(prefix) || compareUtf8(step.key, after) <= 0) return;
    const group = commonPrefix(step.key, prefix, delimiter);
    yield group === undefined ? step : { group };
  }
}

/** Whether a base names a directory: the bucket itself, or one below it. */
function isPath(base: string): boolean {
  if (base === "") return true;
  return !/[\\\0]|^\/|\/\//.test(base) &&
    base.split("/").every((element) => element !== "." && element !== "..");
}

/**
 * The first name in the directory of `base` that a key not before `key` can have, a directory's with a slash behind it.
 * @returns `undefined` when all keys of the directory are before it
 */
function firstName(key: string, base: string): string | undefined {
  if (key.startsWith(base)) {
    const end = key.indexOf("/", base.length);
    return key.slice(base.length, end < 0 ? undefined : end + 1);
  }
  return compareUtf8(key, base) < 0 ? "" : undefined;
}
