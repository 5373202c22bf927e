import { pageSize } from "../listing/page-size.ts";
import { continuationToken, nameInToken } from "../listing/token.ts";
import { isoDate } from "../dates.ts";
import { operation } from "../operation.ts";
import { OWNER } from "../owner.ts";
import type { BucketPage } from "../../store/store.ts";
import { document, element, join } from "../../xml/xml-writer.ts";

/** The most buckets of one page. */
const MAX_BUCKETS = 10_000;

export const listBuckets = operation({
  name: "ListBuckets",
  method: "GET",
  level: "service",
  parameters: ["prefix", "max-buckets", "continuation-token", "bucket-region"],
  action: "s3:ListAllMyBuckets",

  parse({ request: { query } }) {
    return {
      prefix: query.get("prefix"),
      limit: pageSize(query, "max-buckets", MAX_BUCKETS, 1),
      after: nameInToken(query.get("continuation-token")) ?? "",
      region: query.get("bucket-region"),
    };
  },

  async handle({ prefix = "", limit, after, region }, call): Promise<BucketPage> {
    if (region !== undefined && !call.isRegion(region)) return { buckets: [], truncated: false };
    return await call.store.listBuckets({ prefix, after, limit });
  },

  reply({ buckets, truncated }, { prefix }, { region }) {
    const last = buckets.at(-1);
    const body = document("ListAllMyBucketsResult", [
      OWNER,
      element(
        "Buckets",
        buckets.map(({ name, createdAt }) =>
          element("Bucket", [
            element("Name", name),
            element("CreationDate", isoDate(createdAt)),
            element("BucketRegion", region),
          ])
        ),
      ),
      join([
        prefix === undefined ? undefined : element("Prefix", prefix),
        truncated && last !== undefined
          ? element("ContinuationToken", continuationToken(last.name))
          : undefined,
      ]),
    ]);
    return { status: 200, headers: { "Content-Type": "application/xml" }, body };
  },
});
