import { S3Error } from "../../errors/s3-error.ts";
import { childOf, childrenOf, childText, requiredText, type XmlNode } from "../../xml/xml-parser.ts";
import { document, element } from "../../xml/xml-writer.ts";
import { multipartEtag } from "../multipart-etag.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ChecksumPlan, type UploadId } from "../store.ts";
import { elementText, flag, readDocument, timeOf, urlDecoded } from "./remote-document.ts";
import { unquoted } from "./remote-object.ts";

/** An upload that was begun. */
export interface RemoteUpload extends UploadId {
  /** Milliseconds since the epoch. */
  readonly initiatedAt: number;
  /** The checksum that its parts must carry, as far as the backend knows of such things. */
  readonly checksum: ChecksumPlan | undefined;
  /** SSE headers, for an answer. */
  readonly encryption: Readonly<Record<string, string>>;
}

/** A part as the backend has it. */
export interface RemotePart {
  readonly number: number;
  readonly etag: string;
  readonly size: number;
  readonly lastModified: number;
  readonly checksum: string | undefined;
}

export interface RemoteParts {
  readonly parts: readonly RemotePart[];
  readonly truncated: boolean;
  readonly checksum: ChecksumPlan | undefined;
}

export interface RemoteUploadPage {
  readonly uploads: readonly RemoteUpload[];
  readonly prefixes: readonly string[];
  readonly next: { readonly key: string; readonly uploadId: string } | undefined;
  /** Whether the backend says that it has encoded the keys. */
  readonly encoded: boolean;
}

const CHECKSUM_ELEMENTS: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  CHECKSUM_ALGORITHMS.map((algorithm) => [`Checksum${algorithm}`, algorithm] as const),
);

/** The parts in a list of them behind number `after`, in order. @throws S3Error InternalError for another document */
export function partsIn(bytes: Uint8Array, after: number): RemoteParts {
  // The second name is that of moto.
  return readDocument(bytes, ["ListPartsResult", "ListPartsResponse"], (root) => ({
    parts: childrenOf(root, "Part").map(partOf)
      .filter(({ number }) => number > after)
      .sort((a, b) => a.number - b.number),
    truncated: flag(root, "IsTruncated"),
    checksum: planOf(root),
  }));
}

/** A page of uploads as the backend orders them. @throws S3Error InternalError for another document */
export function uploadsIn(bytes: Uint8Array, bucket: string): RemoteUploadPage {
  return readDocument(bytes, "ListMultipartUploadsResult", (root) => {
    const decode = urlDecoded(root);
    return {
      encoded: childText(root, "EncodingType") === "url",
      uploads: childrenOf(root, "Upload").map((node) => ({
        bucket,
        key: decode(requiredText(node, "Key")),
        uploadId: requiredText(node, "UploadId").trim(),
        initiatedAt: timeOf(childText(node, "Initiated")),
        checksum: planOf(node),
        encryption: {},
      })),
      prefixes: childrenOf(root, "CommonPrefixes").map((node) => decode(requiredText(node, "Prefix"))),
      next: flag(root, "IsTruncated")
        ? {
          key: decode(childText(root, "NextKeyMarker") ?? ""),
          uploadId: childText(root, "NextUploadIdMarker")?.trim() ?? "",
        }
        : undefined,
    };
  });
}

/** What an upload is completed with. */
export function completion(
  parts: readonly Pick<RemotePart, "number" | "etag" | "checksum">[],
  plan: ChecksumPlan | undefined,
): Uint8Array {
  return document(
    "CompleteMultipartUpload",
    parts.map(({ number, etag, checksum }) =>
      element("Part", [
        element("PartNumber", number),
        element("ETag", `"${etag}"`),
        ...(plan === undefined || checksum === undefined
          ? []
          : [element(`Checksum${plan.algorithm}`, checksum)]),
      ])
    ),
  );
}

/** Some versions of RADOS Gateway do not tell the ETag, which is made there as everywhere: of those of the parts. */
export function completedEtag(answer: Uint8Array, parts: readonly Pick<RemotePart, "etag">[]): string {
  const told = elementText(answer, "ETag");
  if (told !== "") return unquoted(told);
  return multipartEtag(parts.map(({ etag }) => etag));
}

function partOf(node: XmlNode): RemotePart {
  const number = Number(requiredText(node, "PartNumber").trim());
  const size = Number(requiredText(node, "Size").trim());
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(size)) throw new S3Error("MalformedXML");
  const checksum = [...CHECKSUM_ELEMENTS.keys()].map((name) => childText(node, name)).find((text) =>
    text !== undefined && text !== ""
  );
  return {
    number,
    size,
    etag: unquoted(requiredText(node, "ETag")),
    lastModified: timeOf(childText(node, "LastModified")),
    checksum,
  };
}

function planOf(node: XmlNode): ChecksumPlan | undefined {
  const algorithm = CHECKSUM_ELEMENTS.get(`Checksum${childText(node, "ChecksumAlgorithm") ?? ""}`);
  if (algorithm === undefined) return undefined;
  const type = childOf(node, "ChecksumType")?.text;
  return { algorithm, type: type === "FULL_OBJECT" ? "FULL_OBJECT" : "COMPOSITE" };
}
