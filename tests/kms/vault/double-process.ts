/**
 * A double of Vault as a process of its own, with the key ring that the tests use: prints its settings as one line of
 * JSON. Each line on standard input is `rotate`, `seal`, `unseal` or the name of a trouble; `calls` prints how many calls
 * there were so far.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { KEY } from "./double-kms.ts";
import { type Trouble, VaultDouble } from "./vault-double.ts";
import { vaultEnv } from "./vault-env.ts";

const double = await new VaultDouble().listen();
double.addRing(KEY);
const print = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);
print(vaultEnv(double));
for await (const line of createInterface(process.stdin)) {
  if (line === "rotate") double.rings.get(KEY)?.rotate();
  else if (line === "seal") double.state = "sealed";
  else if (line === "unseal") double.state = "ready";
  else if (line === "calls") print({ calls: double.calls.length, mostAtOnce: double.mostAtOnce });
  else double.trouble = line as Trouble;
  print(line);
}
