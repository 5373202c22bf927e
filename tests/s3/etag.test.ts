import { expect, test } from "bun:test";
import fc from "fast-check";
import { matchesStrongly, matchesWeakly, parseEtagList, quoteEtag, unquoteEtag } from "../../src/s3/etag.ts";

test("an entity tag list keeps the tags in order, with or without quotes", () => {
  expect(parseEtagList('"a" , W/"b",c')).toEqual([
    { value: "a", weak: false },
    { value: "b", weak: true },
    { value: "c", weak: false },
  ]);
});

test("a star anywhere in the list names any object, a quoted star does not", () => {
  expect(parseEtagList(" * ")).toBe("*");
  expect(parseEtagList('"x", *')).toBe("*");
  expect(parseEtagList('"*"')).toEqual([{ value: "*", weak: false }]);
});

test("an empty list matches nothing", () => {
  for (const text of ["", " ", ",,"]) {
    expect(matchesStrongly(parseEtagList(text), "a")).toBe(false);
    expect(matchesWeakly(parseEtagList(text), "a")).toBe(false);
  }
});

test("a weak tag matches only by weak comparison", () => {
  const list = parseEtagList('W/"a"');
  expect(matchesStrongly(list, "a")).toBe(false);
  expect(matchesWeakly(list, "a")).toBe(true);
});

test("a lone quote is no pair of quotes", () => {
  expect(unquoteEtag('"')).toBe('"');
  expect(unquoteEtag('""')).toBe("");
});

test("every ETag of this server survives quoting and is found in any list around it", () => {
  const etag = fc.stringMatching(/^[0-9a-f]{32}(-[1-9][0-9]{0,3})?$/);
  fc.assert(fc.property(etag, fc.array(etag), fc.nat(), (own, others, at) => {
    expect(unquoteEtag(quoteEtag(own))).toBe(own);
    const tags = others.map(quoteEtag);
    tags.splice(at % (tags.length + 1), 0, quoteEtag(own));
    expect(matchesStrongly(parseEtagList(tags.join(", ")), own)).toBe(true);
    const without = others.filter((other) => other !== own).map(quoteEtag);
    expect(matchesWeakly(parseEtagList(without.join(",")), own)).toBe(false);
  }));
});
