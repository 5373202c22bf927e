import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { S3Error } from "../../src/errors/s3-error.ts";
import {
  childFlag,
  childOf,
  childrenOf,
  childText,
  parseAnswer,
  parseXml,
  requiredText,
  type XmlNode,
} from "../../src/xml/xml-parser.ts";
import { document, element, S3_NAMESPACE } from "../../src/xml/xml-writer.ts";
import { failure } from "../s3/failure.ts";
import { xmlText } from "../s3/xml-text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseXml(bytes(text), "A");

async function expectMalformed(text: string | Uint8Array): Promise<void> {
  const act = () => parseXml(typeof text === "string" ? bytes(text) : text, "A");
  expect((await failure(act)).code).toBe("MalformedXML");
}

describe("an answer", () => {
  test("may hold characters that XML cannot, as references or as they are", () => {
    const node = parseAnswer(bytes("<A><B>&#1;&#x1F;\x02\uffff&#xffff;&#13;&amp;#1;&#65;</B></A>"), "A");
    expect(childText(node, "B")).toBe("\x01\x1f\x02\uffff\uffff\r&#1;A");
  });

  test.each(["<A>&#xd800;</A>", "<A>&nbsp;</A>", "<!DOCTYPE A><A/>", "<B/>"])(
    "is otherwise as strict as a request: %s",
    (text) => {
      expect(() => parseAnswer(bytes(text), "A")).toThrow(S3Error);
    },
  );

  test("is no measure for a request", () => {
    expect(() => parseXml(bytes("<A>&#1;</A>"), "A")).toThrow(S3Error);
    expect(() => parseXml(bytes("<A>&U+1;</A>"), "A")).toThrow(S3Error);
  });
});

describe("A parsed document", () => {
  test("keeps elements in order, with their text and white space", () => {
    expect(parse("<A><B> x </B><C/><B>y</B></A>")).toEqual({
      name: "A",
      text: "",
      children: [
        { name: "B", text: " x ", children: [] },
        { name: "C", text: "", children: [] },
        { name: "B", text: "y", children: [] },
      ],
    });
  });

  test("may have a declaration, comments, CDATA and white space between elements", () => {
    const text =
      '\uFEFF<?xml version="1.0" encoding="utf-8"?>\n<!-- c -->\n<A>\n <B><![CDATA[<&]]>!</B>\n</A>\n';
    expect(childText(parse(text), "B")).toBe("<&!");
  });

  test("resolves character references and the five entities", () => {
    expect(parse("<A>&lt;&gt;&amp;&quot;&apos;&#13;&#x1F600;</A>").text).toBe("<>&\"'\r😀");
  });

  test("may be in S3's namespace, in its older one, or in none, by default or by prefix", () => {
    for (const uri of [S3_NAMESPACE, "http://doc.s3.amazonaws.com/2006-03-01"]) {
      expect(parse(`<A xmlns="${uri}"><B>x</B></A>`).children).toHaveLength(1);
      expect(childText(parse(`<s:A xmlns:s="${uri}"><s:B>x</s:B></s:A>`), "B")).toBe("x");
    }
  });
});

describe("Refused as MalformedXML", () => {
  const cases: Readonly<Record<string, string>> = {
    "nothing": "",
    "white space": " \n",
    "text": "hello",
    "JSON": '{"A":1}',
    "an unclosed element": "<A><B></A>",
    "an unfinished document": "<A><B>",
    "a second root": "<A/><A/>",
    "text after the root": "<A/>x",
    "another root": "<B/>",
    "the root in lower case": "<a/>",
    "a foreign namespace": '<A xmlns="http://example.com/"/>',
    "a foreign namespace inside": '<A><B xmlns="http://example.com/"/></A>',
    "an unbound prefix": "<x:A/>",
    "text between elements": "<A>x<B/></A>",
    "a DOCTYPE": "<!DOCTYPE A><A/>",
    "an external entity": '<!DOCTYPE A [<!ENTITY e SYSTEM "file:///etc/passwd">]><A>&e;</A>',
    "an undefined entity": "<A>&nbsp;</A>",
    "an entity that is a name of JavaScript": "<A>&constructor;</A>",
    "a processing instruction": "<?php x?><A/>",
    "a processing instruction inside": "<A><?x y?></A>",
    "another encoding": '<?xml version="1.0" encoding="ISO-8859-1"?><A/>',
    "a NUL": "<A>\0</A>",
    "a reference to a character that XML lacks": "<A>&#x1;</A>",
    "a reference to half a character": "<A>&#xD800;</A>",
    "an attribute without quotes": "<A b=c/>",
    "an attribute twice": '<A b="1" b="2"/>',
  };
  for (const [name, text] of Object.entries(cases)) test(name, () => expectMalformed(text));

  test("bytes that are not UTF-8", async () => {
    await expectMalformed(Uint8Array.of(0x3c, 0x41, 0x3e, 0xff, 0x3c, 0x2f, 0x41, 0x3e));
    await expectMalformed(Buffer.from("\uFEFF<A/>", "utf16le"));
  });

  test("more levels than allowed, and not one fewer", async () => {
    const nested = (depth: number) => bytes("<A>".repeat(depth) + "</A>".repeat(depth));
    expect(parseXml(nested(16), "A").name).toBe("A");
    expect((await failure(() => parseXml(nested(17), "A"))).code).toBe("MalformedXML");
    expect((await failure(() => parseXml(nested(500_000), "A"))).code).toBe("MalformedXML");
  });

  test("more elements than allowed, and not one fewer", async () => {
    const limits = { depth: 2, elements: 5 };
    const flat = (children: number) => bytes(`<A>${"<B/>".repeat(children)}</A>`);
    expect(parseXml(flat(4), "A", limits).children).toHaveLength(4);
    expect((await failure(() => parseXml(flat(5), "A", limits))).code).toBe("MalformedXML");
  });

  test("without ever telling what was wrong", async () => {
    const error = await failure(() => parse("<A>&secret;</A>"));
    expect(error.message).not.toContain("secret");
    expect(error.cause).toBeDefined();
  });
});

describe("Readers", () => {
  const node = parse("<A><B>x</B><C>1</C><C>2</C><D><E/></D><T>true</T><F>0</F></A>");

  test("find children by name", () => {
    expect(childrenOf(node, "C").map((child) => child.text)).toEqual(["1", "2"]);
    expect(childText(node, "B")).toBe("x");
    expect(childOf(node, "Z")).toBeUndefined();
    expect(childText(node, "Z")).toBeUndefined();
  });

  test("read truth values, false when absent", () => {
    expect([childFlag(node, "T"), childFlag(node, "F"), childFlag(node, "Z")]).toEqual([true, false, false]);
  });

  test("refuse a second child, elements for text, a missing one, and what is not true or false", async () => {
    const acts: ((node: XmlNode) => unknown)[] = [
      (node) => childOf(node, "C"),
      (node) => childText(node, "C"),
      (node) => childText(node, "D"),
      (node) => requiredText(node, "Z"),
      (node) => childFlag(node, "B"),
    ];
    for (const act of acts) expect((await failure(() => act(node))).code).toBe("MalformedXML");
  });
});

describe("Whatever is sent", () => {
  const pieces = fc.constantFrom(
    "<A>",
    "</A>",
    "<A/>",
    "<B a='1'>",
    "</B>",
    "x",
    "&amp;",
    "&",
    ";",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE A [",
    "<!ENTITY e 'x'>",
    "]>",
    "<?xml version='1.0'?>",
    "<?xml version='1.1'?>",
    "<?x",
    "?>",
    " xmlns='",
    "'>",
    "\0",
    "\u2028",
    "😀",
    "&#x1;",
    "&#",
    "</",
  );
  const harmless = (bytes: Uint8Array) => {
    try {
      parseXml(bytes, "A");
    } catch (thrown) {
      if (!(thrown instanceof S3Error) || thrown.code !== "MalformedXML") throw thrown;
    }
  };

  test("bytes give a node or MalformedXML", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), harmless), { numRuns: 500 });
  });

  test("pieces of XML give a node or MalformedXML", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (list) => harmless(bytes(list.join("")))),
      { numRuns: 3000 },
    );
  });

  test("text that the writer escaped is read back, carriage returns and all", () => {
    fc.assert(fc.property(xmlText, (text) => {
      expect(childText(parseXml(document("A", [element("B", text)]), "A"), "B")).toBe(text);
    }));
  });
});
