import process from "node:process";
import { catchStrayErrors } from "../../src/cli/stray-errors.ts";
import { createLog } from "../../src/log/log.ts";

catchStrayErrors(createLog({ json: false, quiet: false }));
const reset = () => Object.assign(new Error("reset"), { code: "ECONNRESET" });
const fault = process.argv[2];
if (fault === "rejection") void Promise.reject(new Error("nobody saw me"));
if (fault === "connection") void Promise.reject(reset());
setTimeout(() => {
  if (fault === "exception") throw new Error("nobody caught me");
  if (fault === "connection") throw reset();
}, 10);
setTimeout(() => {
  process.stdout.write("went on\n", () => process.exit(0));
}, 100);
