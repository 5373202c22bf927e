import { expect, test } from "bun:test";
import { counter, exposition, gauge } from "../../src/metrics/exposition.ts";
import { Histogram } from "../../src/metrics/histogram.ts";

test("a metric is its help, its type and a line for each number", () => {
  const samples = [{ labels: { api: "getobject" }, value: 2 }, { labels: { api: "putobject" }, value: 0.5 }];
  expect(exposition([{ name: "seen_total", help: "Seen.", type: "counter", samples }])).toBe(
    "# HELP seen_total Seen.\n# TYPE seen_total counter\n" +
      'seen_total{api="getobject"} 2\nseen_total{api="putobject"} 0.5\n',
  );
});

test("backslashes, quotes and line ends cannot leave a label or a help text", () => {
  const samples = [{ labels: { bucket: 'a"b\\c\nd' }, value: 1 }];
  expect(exposition([{ name: "x", help: "one\ntwo\\", type: "gauge", samples }])).toBe(
    '# HELP x one\\ntwo\\\\\n# TYPE x gauge\nx{bucket="a\\"b\\\\c\\nd"} 1\n',
  );
});

test("a metric without a number is left out", () => {
  expect(exposition([gauge("unknown", undefined, "?"), counter("known", Infinity, "!")])).toBe(
    "# HELP known !\n# TYPE known counter\nknown +Inf\n",
  );
});

test("a histogram counts a value in its own bucket and in all above", () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.1, 0.2, 1, 5]) histogram.observe(value);
  const family = {
    name: "t",
    help: "T.",
    type: "histogram",
    samples: histogram.samples({ api: "a" }),
  } as const;
  expect(exposition([family]).split("\n").slice(2)).toEqual([
    't_bucket{api="a",le="0.1"} 1',
    't_bucket{api="a",le="1"} 3',
    't_bucket{api="a",le="+Inf"} 4',
    't_sum{api="a"} 6.3',
    't_count{api="a"} 4',
    "",
  ]);
});
