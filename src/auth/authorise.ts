import { S3Error } from "../errors/s3-error.ts";
import type { S3Request } from "../http/request.ts";
import type { Store } from "../store/store.ts";
import type { Authentication, Identity } from "./authentication.ts";
import { conditionValues } from "./policy/condition-keys.ts";
import { parsePolicy } from "./policy/parse.ts";
import { evaluate, type Policy } from "./policy/policy.ts";

/** One question to the authoriser. */
export interface Ask {
  /** The request, whose address, query and headers the conditions of a policy look at. */
  readonly request: S3Request;
  readonly auth: Authentication;
  /** Who asks. */
  readonly identity: Identity;
  /** `s3:GetObject`. */
  readonly action: string;
  /** `""` for actions on the service itself. */
  readonly bucket: string;
  readonly key?: string;
}

/** Resolves when the action is allowed. @throws S3Error AccessDenied */
export type Authoriser = (ask: Ask) => Promise<void>;

/** What no Deny takes from a user, so that a policy can always be mended. */
const ALWAYS_THE_USERS = new Set(["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]);

/** How many buckets have their policy kept in its parsed form. */
const CACHED_POLICIES = 1000;

/**
 * Makes the authoriser. A user may do everything that the bucket's policy does not deny; the anonymous may do what it
 * allows and does not deny. A stored policy that cannot be read allows and denies nothing.
 */
export function createAuthoriser(store: Pick<Store, "getBucketDocument" | "getBucket">): Authoriser {
  const policyFrom = policyCache();
  return async (ask) => {
    const { identity, action, bucket, key } = ask;
    const isUser = identity.kind === "user";
    if (isUser && (bucket === "" || ALWAYS_THE_USERS.has(action))) return;
    const text = bucket === "" ? undefined : await policyText(store, bucket);
    const policy = text === undefined ? undefined : policyFrom(bucket, text);
    const verdict = policy === undefined ? "none" : evaluate(policy, {
      action,
      resource: key === undefined ? bucket : `${bucket}/${key}`,
      accessKey: isUser ? identity.accessKey : undefined,
      valuesOf: conditionValues(ask),
    });
    if (verdict === "deny" || (verdict === "none" && !isUser)) throw new S3Error("AccessDenied");
  };
}

/** The stored policy. A missing bucket has none: who may ask learns of it from the operation, others must not. */
async function policyText(
  store: Pick<Store, "getBucketDocument">,
  bucket: string,
): Promise<string | undefined> {
  try {
    return await store.getBucketDocument(bucket, "policy");
  } catch (thrown) {
    if (thrown instanceof S3Error && thrown.code === "NoSuchBucket") return undefined;
    throw thrown;
  }
}

/** Parses policies once per text. `undefined` for one that cannot be read. */
function policyCache(): (bucket: string, text: string) => Policy | undefined {
  const cache = new Map<string, { readonly text: string; readonly policy: Policy | undefined }>();
  return (bucket, text) => {
    const known = cache.get(bucket);
    if (known?.text === text) return known.policy;
    const policy = parsed(text, bucket);
    cache.delete(bucket);
    cache.set(bucket, { text, policy });
    if (cache.size > CACHED_POLICIES) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
    return policy;
  };
}

function parsed(text: string, bucket: string): Policy | undefined {
  try {
    return parsePolicy(text, bucket);
  } catch {
    return undefined;
  }
}
