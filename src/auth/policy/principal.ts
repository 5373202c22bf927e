import { isRecord, readTexts } from "./json.ts";
import { malformedPolicy } from "./malformed.ts";

/** Whom a statement names: everyone, or access keys (`undefined` stands for the root of the account). */
export type Principals = "everyone" | readonly (string | undefined)[];

const ARN = /^arn:aws:iam::[^:]{0,64}:(?:root|user\/(?:[^:*?]*\/)?([^:/*?]+))$/;
const ACCESS_KEY = /^[^\s:/*?$]{1,128}$/;

/**
 * Reads the `Principal` of a statement: `"*"` or `{ "AWS": one or many }` of `*`, an ARN of a user, an account or
 * its root, or a plain access key.
 * @throws S3Error MalformedPolicy
 */
export function parsePrincipals(value: unknown): Principals {
  if (value === "*") return "everyone";
  if (!isRecord(value) || Object.keys(value).join() !== "AWS") throw invalid();
  const names = readTexts(value["AWS"]);
  if (names.includes("*")) return "everyone";
  return names.map((name) => {
    if (/^\d{12}$/.test(name)) return undefined;
    const arn = ARN.exec(name);
    if (arn !== null) return arn[1];
    if (ACCESS_KEY.test(name)) return name;
    throw invalid();
  });
}

/** Whether the statement names this user, who is root, or the anonymous (`undefined`). */
export function includesPrincipal(principals: Principals, accessKey: string | undefined): boolean {
  if (principals === "everyone") return true;
  return accessKey !== undefined && principals.some((name) => name === undefined || name === accessKey);
}

function invalid() {
  return malformedPolicy("Invalid principal in policy");
}
