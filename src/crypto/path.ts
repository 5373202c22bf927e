/** An element that a clean path has not: empty, `.` or `..`. */
const UNCLEAN = /(?:^|\/)\.{0,2}(?:\/|$)/;

/**
 * The name under which an object's keys are bound to it: bucket and key joined as a path, with empty and `.` elements
 * removed, `..` resolved and no trailing slash. Several S3 keys may share one such path (`a//b` and `a/b`).
 */
export function objectPath(bucket: string, key: string): string {
  const joined = bucket === "" || key === "" ? bucket + key : `${bucket}/${key}`;
  if (joined === "" || !UNCLEAN.test(joined)) return joined;
  const rooted = joined.startsWith("/");
  const kept: string[] = [];
  for (const element of joined.split("/")) {
    if (element === "" || element === ".") continue;
    if (element !== "..") kept.push(element);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push(element);
  }
  if (rooted) return `/${kept.join("/")}`;
  return kept.length === 0 ? "." : kept.join("/");
}
