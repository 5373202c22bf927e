/** The namespace of S3's documents. */
export const S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A finished piece of XML. Made by `element` and `join` alone, so text is always escaped. */
export class Xml {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** Text with XML's own signs and control characters as references; S3 sends `&#x1;` for what XML 1.0 cannot hold. */
export function escapeXml(text: string): string {
  if (!/[&<>"'\p{Cc}]/u.test(text)) return text;
  return text.replace(
    /[&<>"'\p{Cc}]/gu,
    (sign) => ESCAPES[sign] ?? `&#x${sign.charCodeAt(0).toString(16)};`,
  );
}

/** An element around text, a number, a truth value or other elements. */
export function element(name: string, content: string | number | boolean | Xml | readonly Xml[] = ""): Xml {
  return new Xml(`<${name}>${inner(content)}</${name}>`);
}

/** Elements one after another; `undefined` ones are left out. */
export function join(pieces: readonly (Xml | undefined)[]): Xml {
  let text = "";
  for (const piece of pieces) if (piece !== undefined) text += piece.text;
  return new Xml(text);
}

/** A whole document in S3's namespace as UTF-8 bytes. */
export function document(name: string, content: Xml | readonly Xml[] | string, namespace = true): Uint8Array {
  const opening = namespace ? `<${name} xmlns="${S3_NAMESPACE}">` : `<${name}>`;
  return new TextEncoder().encode(
    `<?xml version="1.0" encoding="UTF-8"?>\n${opening}${inner(content)}</${name}>`,
  );
}

function inner(content: string | number | boolean | Xml | readonly Xml[]): string {
  if (content instanceof Xml) return content.text;
  if (typeof content === "object") return join(content).text;
  return typeof content === "string" ? escapeXml(content) : String(content);
}
