import type { ListQuery, ObjectPage } from "../store.ts";
import type { Backend } from "./client/backend.ts";
import { foreign } from "./client/foreign.ts";
import { MOST_LISTED, remotePage } from "./remote-listing.ts";
import { compareUtf8 } from "../utf8-order.ts";

/** Lists a backend as it is. */
export class PlainListing {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** @throws S3Error NoSuchBucket */
  async page(query: ListQuery): Promise<ObjectPage> {
    const { bucket, prefix, delimiter, after, limit } = query;
    const group = isGroup(after, query);
    const page = await remotePage(this.#backend, {
      bucket,
      prefix,
      delimiter,
      // S3 shows a group that is begun once more, unless all of its keys are behind the mark.
      after: group ? behindGroup(after) : after,
      limit: group ? Math.min(limit + 1, MOST_LISTED) : limit,
    });
    const entries = [
      ...page.objects.map((object) => ({ name: object.key, object })),
      ...page.prefixes.map((name) => ({ name, object: undefined })),
    ].filter(({ name, object }) =>
      // A mark within a group leaves the rest of the group.
      compareUtf8(name, after) > 0 || (object === undefined && name !== after && after.startsWith(name))
    )
      .sort((a, b) => compareUtf8(a.name, b.name))
      .filter(({ name }, i, sorted) => name !== sorted[i - 1]?.name);
    const shown = entries.slice(0, limit);
    const last = shown.at(-1)?.name;
    const more = page.truncated || entries.length > limit;
    if (more && last === undefined) throw foreign("a listing of what is before its mark");
    return {
      objects: shown.flatMap(({ object }) => object ?? []),
      prefixes: shown.flatMap(({ name, object }) => object === undefined ? [name] : []),
      ...(more && last !== undefined ? { next: last } : {}),
    };
  }
}

/** Whether a mark is a common prefix that the query could have shown. */
export function isGroup(
  after: string,
  { prefix, delimiter }: Pick<ListQuery, "prefix" | "delimiter">,
): boolean {
  if (delimiter === "" || !after.startsWith(prefix)) return false;
  const at = after.indexOf(delimiter, prefix.length);
  return at >= 0 && at + delimiter.length === after.length;
}

/** A mark behind nearly every key of a group. */
export function behindGroup(group: string): string {
  return `${group}\u{10ffff}`;
}
