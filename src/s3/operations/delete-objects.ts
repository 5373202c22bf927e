import { S3Error } from "../../errors/s3-error.ts";
import { concurrently } from "../../store/concurrently.ts";
import { CHECKSUM_ALGORITHMS } from "../../store/store.ts";
import { checksumHeader } from "../checksums.ts";
import { deleteKey, type KeyToDelete } from "../delete-key.ts";
import { existingBucket } from "../existing-bucket.ts";
import { checkKey } from "../names.ts";
import { type Call, operation } from "../operation.ts";
import { readDocument } from "../request-document.ts";
import {
  childFlag,
  childrenOf,
  childText,
  parseXml,
  requiredText,
  type XmlNode,
} from "../../xml/xml-parser.ts";
import { document, element, join, type Xml } from "../../xml/xml-writer.ts";

/** The most keys of one request. */
const MAX_KEYS = 1000;

/** Room for 1000 keys of 1024 bytes, four times over for their escapes and conditions. */
const MAX_DOCUMENT = 4 * 2 ** 20;

/** Deletes under way at once: enough to fill one group commit of the store. */
const AT_ONCE = 128;

/** Deletes many keys, each on its own: what fails for one is told in the answer and leaves the others alone. */
export const deleteObjects = operation({
  name: "DeleteObjects",
  minioName: "DeleteMultipleObjects",
  method: "POST",
  level: "bucket",
  selectors: ["delete"],

  async parse(call) {
    requireDigest(call);
    const root = parseXml(await readDocument(call, MAX_DOCUMENT), "Delete");
    const objects = childrenOf(root, "Object");
    if (objects.length === 0 || objects.length > MAX_KEYS) throw new S3Error("MalformedXML");
    return { keys: objects.map(parseObject), quiet: childFlag(root, "Quiet") };
  },

  async handle({ keys, quiet }, call) {
    await existingBucket(call);
    return await concurrently(keys, AT_ONCE, async (target): Promise<Xml | undefined> => {
      try {
        await deleteOne(call, target);
        return quiet ? undefined : deletedXml(target);
      } catch (thrown) {
        if (thrown instanceof S3Error) return errorXml(target, thrown);
        throw thrown;
      }
    });
  },

  reply: (results) => ({
    status: 200,
    headers: { "Content-Type": "application/xml" },
    body: document("DeleteResult", join(results)),
  }),
});

/** S3 wants the list of keys protected beyond the signature. */
function requireDigest({ request: { headers }, auth: { payload } }: Call): void {
  const protectedBody = headers.has("content-md5") ||
    CHECKSUM_ALGORITHMS.map(checksumHeader).some((name) =>
      headers.has(name) || payload.announcedTrailers.includes(name)
    );
  if (!protectedBody) {
    throw new S3Error("InvalidRequest", { message: "Missing required header for this request: Content-MD5" });
  }
}

function parseObject(object: XmlNode): KeyToDelete {
  return {
    key: requiredText(object, "Key"),
    versionId: childText(object, "VersionId") || undefined,
    conditions: {
      etag: childText(object, "ETag"),
      lastModified: childText(object, "LastModifiedTime"),
      size: childText(object, "Size"),
    },
  };
}

async function deleteOne(call: Call, target: KeyToDelete): Promise<void> {
  checkKey(target.key);
  await call.authorise("s3:DeleteObject", call.request.bucket, target.key);
  await deleteKey(call, target);
}

function deletedXml(target: KeyToDelete): Xml {
  return element("Deleted", keyXml(target));
}

function errorXml(target: KeyToDelete, { shownCode, message }: S3Error): Xml {
  return element("Error", [keyXml(target), element("Code", shownCode), element("Message", message)]);
}

function keyXml({ key, versionId }: KeyToDelete): Xml {
  return join([
    element("Key", key),
    versionId === undefined ? undefined : element("VersionId", versionId),
  ]);
}
