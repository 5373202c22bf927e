import { SaxesParser } from "saxes";
import { S3Error } from "../errors/s3-error.ts";
import { S3_NAMESPACE } from "./xml-writer.ts";

/** One element of a parsed document. */
export interface XmlNode {
  readonly name: string;
  readonly children: readonly XmlNode[];
  /** Character data of the element itself, references resolved; `""` for one that has children. */
  readonly text: string;
}

/** How large a document may grow in memory. Its bytes are limited by whoever read them. */
export interface XmlLimits {
  /** Elements inside each other, the root among them. */
  readonly depth: number;
  readonly elements: number;
}

/** Room for the largest document of S3: 10,000 parts with a checksum each. */
const DEFAULT_LIMITS: XmlLimits = { depth: 16, elements: 100_000 };

/** Spellings of S3's namespace that clients send; most of the small ones send none. */
const NAMESPACES: ReadonlySet<string> = new Set([
  "",
  S3_NAMESPACE,
  "http://s3.amazonaws.com/doc/2006-03-01",
  "http://doc.s3.amazonaws.com/2006-03-01/",
  "http://doc.s3.amazonaws.com/2006-03-01",
]);

/** The entities of XML itself, without what every object inherits: `&constructor;` is no entity. */
const ENTITIES: Record<string, string> = Object.assign(Object.create(null), {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
});

/** These, and names for the characters that XML has no way to write. */
const ANSWER_ENTITIES: Record<string, string> = Object.assign(
  Object.create(null),
  ENTITIES,
  Object.fromEntries(
    [...Array(32).keys(), 0xfffe, 0xffff].map((code) => [entityOf(code), String.fromCharCode(code)]),
  ),
);

/**
 * Parses a request document of UTF-8 bytes. Strict: a DOCTYPE, entities beyond XML's five, processing
 * instructions, foreign namespaces and text between elements are refused.
 * @param root the name that the root element must have
 * @throws S3Error MalformedXML
 */
export function parseXml(bytes: Uint8Array, root: string, limits: XmlLimits = DEFAULT_LIMITS): XmlNode {
  return parseText(bytes, root, (text) => parse(text, limits, ENTITIES));
}

/**
 * Parses the answer of another server likewise. Names in S3 may hold characters that XML has no way to write; some
 * servers write them nevertheless, as they are or as references (`&#x1;`), and are understood.
 * @throws S3Error MalformedXML
 */
export function parseAnswer(bytes: Uint8Array, root: string): XmlNode {
  const named = (found: string, reference: string | undefined) => {
    const code = reference === undefined ? found.charCodeAt(0) : Number(reference.replace(/^x/, "0x"));
    return entityOf(code) in ANSWER_ENTITIES ? `&${entityOf(code)};` : found;
  };
  return parseText(bytes, root, (text) => {
    const writable = text.replace(/&#(x[0-9a-fA-F]+|[0-9]+);|[^\t\n\r -\ufffd]/g, named);
    return parse(writable, DEFAULT_LIMITS, ANSWER_ENTITIES);
  });
}

function parseText(bytes: Uint8Array, root: string, parsed: (text: string) => XmlNode): XmlNode {
  try {
    const node = parsed(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (node.name !== root) throw malformed(`the root is ${node.name}`);
    return node;
  } catch (thrown) {
    if (thrown instanceof S3Error) throw thrown;
    throw malformed(thrown);
  }
}

/** A name that no document can have declared. */
function entityOf(code: number): string {
  return `U+${code}`;
}

interface OpenNode {
  readonly name: string;
  readonly children: XmlNode[];
  text: string;
}

function parse(text: string, limits: XmlLimits, entities: Record<string, string>): XmlNode {
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.ENTITIES = entities;
  const open: OpenNode[] = [];
  let root: XmlNode | undefined;
  let elements = 0;

  parser.on("xmldecl", ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) throw malformed(encoding);
  });
  parser.on("doctype", () => {
    throw malformed("a DOCTYPE");
  });
  parser.on("processinginstruction", () => {
    throw malformed("a processing instruction");
  });
  parser.on("opentagstart", () => {
    if (open.length >= limits.depth) throw malformed("too deep");
    if (++elements > limits.elements) throw malformed("too many elements");
  });
  parser.on("opentag", ({ local, uri }) => {
    if (!NAMESPACES.has(uri)) throw malformed(`the namespace ${uri}`);
    open.push({ name: local, children: [], text: "" });
  });
  const onText = (piece: string) => {
    const node = open.at(-1);
    if (node !== undefined) node.text += piece;
  };
  parser.on("text", onText);
  parser.on("cdata", onText);
  parser.on("closetag", () => {
    const node = open.pop();
    if (node === undefined) return;
    if (node.children.length > 0) {
      if (/[^ \t\r\n]/.test(node.text)) throw malformed(`text between the children of ${node.name}`);
      node.text = "";
    }
    const parent = open.at(-1);
    if (parent === undefined) root = node;
    else parent.children.push(node);
  });
  parser.write(text).close();
  if (root === undefined) throw malformed("no root");
  return root;
}

/** The children of that name, in order. Other children are for other readers. */
export function childrenOf(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

/**
 * The child of that name.
 * @throws S3Error MalformedXML when there is more than one
 */
export function childOf(node: XmlNode, name: string): XmlNode | undefined {
  let found: XmlNode | undefined;
  for (const child of node.children) {
    if (child.name !== name) continue;
    if (found !== undefined) throw malformed(`${name} twice`);
    found = child;
  }
  return found;
}

/**
 * The text of the child of that name, as written: white space is kept.
 * @throws S3Error MalformedXML when there is more than one, or it holds elements
 */
export function childText(node: XmlNode, name: string): string | undefined {
  const child = childOf(node, name);
  if (child === undefined) return undefined;
  if (child.children.length > 0) throw malformed(`elements in ${name}`);
  return child.text;
}

/** The same for a child that must be there. @throws S3Error MalformedXML */
export function requiredText(node: XmlNode, name: string): string {
  const text = childText(node, name);
  if (text === undefined) throw malformed(`no ${name}`);
  return text;
}

/** A child that says `true` or `false` (XML Schema's spellings too); false when absent. @throws S3Error MalformedXML */
export function childFlag(node: XmlNode, name: string): boolean {
  const text = childText(node, name)?.trim() ?? "false";
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0" || text === "") return false;
  throw malformed(`${name} is ${text}`);
}

function malformed(cause: unknown): S3Error {
  return new S3Error("MalformedXML", { cause });
}
