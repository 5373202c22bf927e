/**
 * A double of Vault as a process of its own, with the key ring that the tests use. Prints the settings of a server that is
 * to use it as one line of JSON. Each line on standard input is how many milliseconds a call is to take from then on, and
 * is answered with a line that tells of the calls before.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { KEY } from "./double-kms.ts";
import { VaultDouble } from "./vault-double.ts";
import { vaultEnv } from "./vault-env.ts";

const double = await new VaultDouble().listen();
double.addRing(KEY);
const print = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);
print(vaultEnv(double));
for await (const line of createInterface(process.stdin)) {
  print({ calls: double.calls.length, mostAtOnce: double.mostAtOnce });
  double.calls = [];
  double.mostAtOnce = 0;
  double.delay = Number(line);
}
await double.stop();
