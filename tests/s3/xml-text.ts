import fc from "fast-check";

/** Any text that XML 1.0 can carry (its section 2.2), line breaks of all kinds among it. */
export const xmlText: fc.Arbitrary<string> = fc.string({ unit: "binary" }).map((text) =>
  [...text].filter((sign) => (sign >= " " || "\t\n\r".includes(sign)) && !/[\ufffe\uffff]/.test(sign)).join(
    "",
  )
);
