import { Buffer } from "node:buffer";
import { readChecksumPlan } from "../../checksum-plan.ts";
import { toHeaderText, toUtf8Text } from "../../header-text.ts";
import { JsonFault, JsonReader } from "../../json-reader.ts";
import type { ChecksumPlan, Metadata, StoredChecksum } from "../../store.ts";

/** What `dare.meta` and `part.meta` say (minio-formats 9.3). */
export interface DareMeta {
  /** Stored bytes. */
  readonly size: number;
  /** Milliseconds since the epoch; `undefined` for the parts of an upload. */
  readonly modified: number | undefined;
  readonly etag: string;
  readonly metadata: Metadata;
  /** Of a multipart object, in their order; of a part itself alone. */
  readonly parts: readonly DarePart[];
  /** Only in what this program wrote. */
  readonly own: OwnMember | undefined;
}

export interface DarePart {
  readonly number: number;
  /** As the backend names it. */
  readonly etag: string;
  /** Stored bytes. */
  readonly size: number;
}

/** What MinIO's own members have no place for. MinIO ignores it, and leaves it away when it rewrites the document. */
export interface OwnMember {
  /** Of the write of the data; random. The data carries it as well, so that the two can be told to belong together. */
  readonly write?: string;
  /** The ETag of the data, where the data was there first. */
  readonly data?: string;
  /** Plaintext bytes. */
  readonly size?: number;
  readonly checksum?: StoredChecksum;
  readonly uploadId?: string;
  /** Of an unfinished upload: what its id ends with beside that of the backend. */
  readonly idMark?: string;
  /** Of an unfinished upload. */
  readonly plan?: ChecksumPlan;
  /** One for each of `parts`. */
  readonly parts?: readonly OwnPart[];
  /** The upload of the backend that the data may still be when this is written, and the ETags of its parts. */
  readonly staged?: { readonly uploadId: string; readonly parts: Readonly<Record<string, string>> };
  /** Metadata values that UTF-8 cannot hold, as header text. */
  readonly headerText?: Metadata;
}

export interface OwnPart {
  /** Plaintext bytes. */
  readonly size: number;
  /** As it rests. */
  readonly etag: string;
  readonly checksum?: string;
}

const OWN_MEMBER = "minio-ts";
const NO_TIME = "0001-01-01T00:00:00Z";

/** The document as MinIO writes it, with our own member at its end. */
export function formatDareMeta({ size, modified, etag, metadata, parts, own }: DareMeta): Buffer {
  const names = Object.keys(metadata).sort();
  const values = names.map((name) => [name, toUtf8Text(metadata[name] ?? "")] as const);
  const inexact = values.filter(([, { exact }]) => !exact).map(([name]) => [name, metadata[name] ?? ""]);
  const extra = inexact.length === 0 ? own : { ...own, headerText: Object.fromEntries(inexact) };
  return Buffer.from(JSON.stringify({
    version: "1.0.0",
    format: "gw",
    stat: { size, modTime: modified === undefined ? NO_TIME : timeText(modified) },
    etag,
    ...(names.length === 0
      ? {}
      : { meta: Object.fromEntries(values.map(([name, { text }]) => [name, text])) }),
    ...(parts.length === 0 ? {} : {
      parts: parts.map((part) => ({
        number: part.number,
        name: String(part.number),
        etag: part.etag,
        size: part.size,
        actualSize: 0,
      })),
    }),
    ...(extra === undefined ? {} : { [OWN_MEMBER]: extra }),
  }));
}

/** @throws JsonFault when it is not such a document */
export function parseDareMeta(bytes: Uint8Array): DareMeta {
  const root = JsonReader.parse(Buffer.from(bytes).toString("utf8"));
  root.oneOf("version", ["1.0.0"]);
  root.oneOf("format", ["gw"]);
  const stat = root.object("stat");
  if (stat === undefined) throw new JsonFault("stat is missing");
  const own = root.object(OWN_MEMBER);
  const metadata = Object.entries(root.optionalTexts("meta") ?? {})
    .map(([name, text]) => [name, toHeaderText(text)] as const);
  return {
    size: stat.integer("size"),
    modified: parseTime(stat.text("modTime")),
    etag: root.text("etag"),
    metadata: { ...Object.fromEntries(metadata), ...own?.optionalTexts("headerText") },
    parts: root.list("parts").map((part) => ({
      number: part.integer("number"),
      etag: part.text("etag"),
      size: part.integer("size"),
    })),
    own: own && parseOwn(own),
  };
}

function parseOwn(own: JsonReader): OwnMember {
  const checksum = own.object("checksum");
  const plan = own.object("plan");
  const parts = own.list("parts");
  const staged = own.object("staged");
  return {
    ...given("write", own.optionalText("write")),
    ...given("data", own.optionalText("data")),
    ...given("size", own.optionalInteger("size")),
    ...given("uploadId", own.optionalText("uploadId")),
    ...given("idMark", own.optionalText("idMark")),
    ...(checksum === undefined
      ? {}
      : { checksum: { ...readChecksumPlan(checksum), value: checksum.text("value") } }),
    ...(plan === undefined ? {} : { plan: readChecksumPlan(plan) }),
    ...(staged === undefined
      ? {}
      : { staged: { uploadId: staged.text("uploadId"), parts: staged.optionalTexts("parts") ?? {} } }),
    ...(parts.length === 0 ? {} : {
      parts: parts.map((part) => ({
        size: part.integer("size"),
        etag: part.text("etag"),
        ...given("checksum", part.optionalText("checksum")),
      })),
    }),
  };
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [K in Name]?: Value } {
  const member: { [K in Name]?: Value } = {};
  if (value !== undefined) member[name] = value;
  return member;
}

/** RFC 3339 without needless zeros, as Go writes it. */
function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.?0*Z$/, "Z");
}

function parseTime(text: string): number | undefined {
  if (text === NO_TIME) return undefined;
  const time = Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
  if (Number.isNaN(time)) throw new JsonFault("modTime is not a time");
  return time;
}
