import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createDigester } from "../../digest/digester.ts";
import type { Digests } from "../../digest/digest.ts";
import type { BackendEncryption } from "../store.ts";
import { foreign } from "./client/foreign.ts";
import type { RequestBody } from "./client/request-body.ts";
import { isMd5 } from "./remote-object.ts";
import type { Written } from "./remote-objects.ts";

/** A body, and the MD5 of all of it once it has been sent, in hexadecimal digits. */
export interface Md5Body {
  readonly body: RequestBody;
  readonly md5: () => Promise<string>;
}

/** The same body, with an eye on its bytes. */
export function withMd5(body: RequestBody): Md5Body {
  if (body.kind === "bytes") {
    const md5 = createHash("md5").update(body.bytes).digest("hex");
    return { body, md5: () => Promise.resolve(md5) };
  }
  const digester = createDigester(["md5"], body.length);
  const digests = Promise.withResolvers<Digests>();
  // Nobody asks for it when the request fails.
  digests.promise.catch(() => {});
  const watched = async function* () {
    try {
      for await (const chunk of body.chunks) {
        const full = digester.update(chunk);
        if (full !== undefined) await full;
        yield chunk;
      }
      digests.resolve(digester.finish());
    } finally {
      digester.abandon();
    }
  };
  return {
    body: { ...body, chunks: watched() },
    md5: async () => Buffer.from((await digests.promise).get("md5") ?? []).toString("hex"),
  };
}

/**
 * Compares the MD5 of what was sent with that of what the backend has got, where its ETag is one.
 * @param sent MD5 in hexadecimal digits, or some other ETag
 * @param asked the encryption that the backend was asked for
 * @throws S3Error InternalError
 */
export function checkMd5(
  sent: string,
  { etag, answer }: Written,
  asked: BackendEncryption | undefined,
): void {
  if (asked?.kind === "sse-c" || asked?.kind === "sse-kms" || !/^[0-9a-f]{32}$/.test(sent)) return;
  const encryption = Object.fromEntries(answer.headers);
  if (isMd5({ etag, encryption }) && etag !== sent) throw foreign("the ETag of other bytes than it was sent");
}
