import { S3Error } from "../../errors/s3-error.ts";
import { percentEncodePath } from "../../http/percent.ts";
import type { QueryParameters } from "../../http/query.ts";
import { element, type Xml } from "../../xml/xml-writer.ts";

/** How keys stand in the answer of a listing: as they are, or percent-encoded where XML could not carry them. */
export interface KeyEncoding {
  encode(key: string): string;
  /** The `EncodingType` element of the answer, where there is one. */
  readonly xml: Xml | undefined;
}

const PLAIN: KeyEncoding = { encode: (key) => key, xml: undefined };
const URL_ENCODED: KeyEncoding = { encode: percentEncodePath, xml: element("EncodingType", "url") };

/**
 * The encoding that `encoding-type` asks for. The encoded form leaves `/` and the unreserved characters of RFC 3986
 * as they are and writes a space as `%20`, which every decoder of forms and of paths reads alike.
 * @throws S3Error InvalidArgument for anything but `url`
 */
export function keyEncoding(query: QueryParameters): KeyEncoding {
  const asked = query.get("encoding-type") ?? "";
  if (asked === "") return PLAIN;
  if (asked.toLowerCase() === "url") return URL_ENCODED;
  throw new S3Error("InvalidArgument", {
    message: "Invalid Encoding Method specified in Request",
    fields: { ArgumentName: "encoding-type", ArgumentValue: asked },
  });
}
