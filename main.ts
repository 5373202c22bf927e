import process from "node:process";
import { run } from "./src/cli/run.ts";
import { ownTerminal } from "./src/cli/terminal.ts";

const code = await run(process.argv.slice(2), ownTerminal());
// What was printed leaves the process before it ends, also through a slow pipe.
process.stdout.write("", () => process.exit(code));
