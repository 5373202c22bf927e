/** One number of a metric. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** What stands behind the name of the metric: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
}

/** One metric with all its numbers. One that has none is left out. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

/** The content type of the text format. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Metrics in the text format of Prometheus (version 0.0.4). A library would be longer than these rules: our numbers live
 * in plain counters that three pages show under different names.
 * @param common labels that every number carries
 */
export function exposition(
  families: readonly Family[],
  common: Readonly<Record<string, string>> = {},
): string {
  return families.filter(({ samples }) => samples.length > 0).map(({ name, help, type, samples }) =>
    [
      `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n`,
      `# TYPE ${name} ${type}\n`,
      ...samples.map(({ labels, value, suffix = "" }) =>
        `${name}${suffix}${labelText({ ...common, ...labels })} ${numberText(value)}\n`
      ),
    ].join("")
  ).join("");
}

/** A metric of a single number that only grows; one that is `undefined` is left out. */
export function counter(name: string, value: number | undefined, help: string): Family {
  return { name, help, type: "counter", samples: value === undefined ? [] : [{ value }] };
}

/** A metric of a single number; one that is `undefined` is left out. */
export function gauge(name: string, value: number | undefined, help: string): Family {
  return { ...counter(name, value, help), type: "gauge" };
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${value.replace(/[\\\n"]/g, escaped)}"`
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(sign: string): string {
  return sign === "\n" ? "\\n" : `\\${sign}`;
}

/** A number as the format writes it, and as the label `le` does. */
export function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}
