import { readChecksumPlan } from "../checksum-plan.ts";
import type { ChecksumPlan, Metadata, StoredChecksum } from "../store.ts";
import { toHeaderText, toUtf8Text } from "../header-text.ts";
import { JsonFault, JsonReader } from "../json-reader.ts";

/** What fs.json says (minio-formats 8.1). */
export interface FsJson {
  /** As the store's contract has it, without the ETag. */
  readonly metadata: Metadata;
  readonly etag: string | undefined;
  /** Of a multipart object, in their order. */
  readonly parts: readonly FsPart[];
  /** Only in files that this program wrote. */
  readonly own: OwnMember | undefined;
}

export interface FsPart {
  readonly number: number;
  /** `""` in files of MinIO since 2020-03. */
  readonly etag: string;
  /** Stored bytes. */
  readonly size: number;
  /** Plaintext bytes; `undefined` in files of MinIO before 2018-09. */
  readonly actualSize: number | undefined;
}

/** What MinIO's own members have no place for. MinIO ignores it, and leaves it away when it rewrites the file. */
export interface OwnMember {
  /** Of this write of the file; random. */
  readonly id: string;
  /** The staging directory where the object's bytes were put under the name `id`, and still are after a crash. */
  readonly staging?: string;
  readonly file?: FileIdentity;
  readonly uploadId?: string;
  readonly checksum?: StoredChecksum;
  /** One for each part; `null` for a part without. */
  readonly partChecksums?: readonly (string | null)[];
  /** Whose upload this is: the path of it has only their hash. */
  readonly upload?: { readonly bucket: string; readonly key: string; readonly checksum?: ChecksumPlan };
  /** Metadata values that UTF-8 cannot hold, as header text. */
  readonly headerText?: Metadata;
}

/** The data file that a metadata file was written for. */
export interface FileIdentity {
  readonly size: number;
  /** Milliseconds since the epoch, rounded down. */
  readonly modified: number;
  readonly inode: string;
}

const OWN_MEMBER = "minio-ts";
const ID = /^[0-9a-f]{32}$/;
const STAGING = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VERSIONS = new Set(["1.0.0", "1.0.1", "1.0.2"]);
const HEAD = '{"version":"1.0.2","checksum":{"algorithm":"","blocksize":0,"hashes":null},"meta":{';

/** The text of fs.json, to the letter what MinIO of 2019 writes, with the own member at its end. */
export function formatFsJson({ metadata, etag, parts, own }: FsJson): string {
  const values = new Map(Object.entries(metadata).map(([name, value]) => [name, toUtf8Text(value)]));
  const inexact = Object.entries(metadata).filter(([name]) => values.get(name)?.exact === false);
  if (etag !== undefined) values.set("etag", { text: etag, exact: true });
  const members = [...values].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, { text }]) => `${quote(name)}:${quote(text)}`);
  const partList = parts.length === 0 ? "" : `,"parts":[${parts.map(formatPart).join(",")}]`;
  const extra = own && (inexact.length === 0 ? own : { ...own, headerText: Object.fromEntries(inexact) });
  const ownText = extra === undefined ? "" : `,${quote(OWN_MEMBER)}:${escape(JSON.stringify(extra))}`;
  return `${HEAD}${members.join(",")}}${partList}${ownText}}`;
}

function formatPart({ number, etag, size, actualSize }: FsPart): string {
  const actual = actualSize === undefined ? "" : `,"actualSize":${actualSize}`;
  return `{"number":${number},"name":"","etag":${quote(etag)},"size":${size}${actual}}`;
}

function quote(text: string): string {
  return escape(JSON.stringify(text));
}

/** Go's encoder writes these characters so. */
function escape(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Reads fs.json of any version from 1.0.0 to 1.0.2.
 * @throws JsonFault when it is damaged
 */
export function parseFsJson(text: string): FsJson {
  const root = JsonReader.parse(text);
  const version = root.text("version");
  if (!VERSIONS.has(version)) throw new JsonFault(`its version is "${version}"`);
  const own = root.object(OWN_MEMBER);
  const { etag, md5Sum, ...meta } = root.optionalTexts("meta") ?? {};
  const metadata = Object.fromEntries(
    Object.entries(meta).map(([name, value]) => [name, toHeaderText(value)]),
  );
  return {
    metadata: { ...metadata, ...own?.optionalTexts("headerText") },
    // The name that the ETag had in 2016.
    etag: md5Sum ?? etag,
    parts: root.list("parts").map(parsePart),
    own: own && parseOwn(own),
  };
}

function parsePart(part: JsonReader): FsPart {
  return {
    number: part.integer("number"),
    etag: part.optionalText("etag") ?? "",
    size: part.integer("size"),
    actualSize: part.optionalInteger("actualSize"),
  };
}

function parseOwn(own: JsonReader): OwnMember {
  const file = own.object("file");
  const upload = own.object("upload");
  const checksum = own.object("checksum");
  const plan = upload?.object("checksum");
  const id = own.text("id");
  const staging = own.optionalText("staging");
  if (!ID.test(id) || (staging !== undefined && !STAGING.test(staging))) {
    throw new JsonFault("it names an impossible staging file");
  }
  const uploadId = own.optionalText("uploadId");
  const partChecksums = own.optionalTextList("partChecksums");
  return {
    id,
    ...(staging === undefined ? {} : { staging }),
    ...(file === undefined ? {} : {
      file: {
        size: file.integer("size"),
        modified: file.integer("modified"),
        inode: file.text("inode"),
      },
    }),
    ...(uploadId === undefined ? {} : { uploadId }),
    ...(checksum === undefined
      ? {}
      : { checksum: { ...readChecksumPlan(checksum), value: checksum.text("value") } }),
    ...(partChecksums === undefined ? {} : { partChecksums }),
    ...(upload === undefined ? {} : {
      upload: {
        bucket: upload.text("bucket"),
        key: upload.text("key"),
        ...(plan === undefined ? {} : { checksum: readChecksumPlan(plan) }),
      },
    }),
  };
}
