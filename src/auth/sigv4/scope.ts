import type { S3ErrorDetail } from "../../errors/s3-error.ts";
import { S3Error } from "../../errors/s3-error.ts";
import type { S3Request } from "../../http/request.ts";
import type { CredentialScope } from "../../sigv4/scope.ts";

/** Makes the error for the place where a credential stood, from what is wrong with it. */
export type ScopeFault = (wrong: string, detail?: Pick<S3ErrorDetail, "fields" | "headers">) => S3Error;

/** Where clients sign for before they know better. */
const DEFAULT_REGION = "us-east-1";

/**
 * Regions that a request may be signed for: this server's own, which comes first; `undefined` for any. ListBuckets and
 * GetBucketLocation, with which a client finds out the region, may be signed for `us-east-1` too.
 */
export function acceptedRegions(
  { method, bucket, key, query }: S3Request,
  region: string | undefined,
): readonly string[] | undefined {
  if (region === undefined) return undefined;
  const asksForRegion = method === "GET" && key === "" && (bucket === "" || query.has("location"));
  return asksForRegion ? [region, DEFAULT_REGION] : [region];
}

/**
 * Parses a credential and checks it against this server. The access key may itself hold slashes.
 * @param regions those that are accepted, the server's own first; `undefined` for any
 * @throws S3Error as made by `fault`; for a wrong region it names the right one, so that clients redirect themselves
 */
export function parseScope(
  text: string,
  regions: readonly string[] | undefined,
  fault: ScopeFault,
): CredentialScope {
  const pieces = text.split("/");
  const [day = "", region = "", service = "", terminator = ""] = pieces.slice(-4);
  const accessKey = pieces.slice(0, -4).join("/");
  if (accessKey === "") {
    throw fault(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  if (!/^\d{8}$/.test(day)) {
    throw fault(
      `incorrect date format "${day}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  }
  if (terminator !== "aws4_request") {
    throw fault(`incorrect terminal "${terminator}". This endpoint uses "aws4_request".`);
  }
  if (service !== "s3") throw fault(`incorrect service "${service}". This endpoint belongs to "s3".`);
  // Any other text would only fill the memory of signing keys.
  if (!/^[\w-]{1,64}$/.test(region)) throw fault("the region is missing or malformed.");
  if (regions !== undefined && !regions.includes(region)) {
    const [own = ""] = regions;
    throw fault(`the region '${region}' is wrong; expecting '${own}'`, {
      fields: { Region: own },
      headers: { "x-amz-bucket-region": own },
    });
  }
  return { accessKey, day, region };
}
