/**
 * Stands in for the program `vault` where no real one is named: answers the commands of the guide, and `vault server`
 * is the double, which allows what the policy file beside it allows.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { VaultDouble } from "../kms/vault/vault-double.ts";

const double = new VaultDouble();
const line = process.argv.slice(2).join(" ");
const RING = /^write -f transit\/keys\/([\w-]+)(\/rotate)?$/.exec(line);

if (line.startsWith("server ")) await serve();
else if (RING !== null) await command(RING[2] === undefined ? `ring ${RING[1]}` : `rotate ${RING[1]}`);
else if (line.startsWith("operator init")) print("Unseal Key 1: abc\n\nInitial Root Token: s.root\n");
else if (line.startsWith("policy write minio-policy ")) await command(`policy ${process.argv.at(-1)}`);
else if (line.startsWith("read -field=role_id ")) print(double.roleId);
else if (line.startsWith("write -f -field=secret_id ")) print(double.secretId);
else if (!/^(operator unseal abc|secrets enable|auth enable|write auth\/approle\/role)/.test(line)) {
  throw new Error(`the guide has no command "vault ${line}"`);
}

/** The double on Vault's own port. Commands reach it through a file, since it has no interface for an administrator. */
async function serve(): Promise<void> {
  await double.listen(undefined, 8200);
  let policy = "";
  double.policy = (path) => policy.includes(`"${path}"`);
  for (let done = 0;; await Bun.sleep(20)) {
    const lines = existsSync("double.commands")
      ? readFileSync("double.commands", "utf8").split("\n").slice(0, -1)
      : [];
    for (const [word, name = ""] of lines.slice(done).map((each) => each.split(" "))) {
      if (word === "ring") double.addRing(name);
      else if (word === "rotate") double.rings.get(name)?.rotate();
      else policy = readFileSync(name, "utf8");
    }
    done = lines.length;
  }
}

async function command(text: string): Promise<void> {
  const before = existsSync("double.commands") ? readFileSync("double.commands", "utf8") : "";
  writeFileSync("double.commands", `${before}${text}\n`);
  await Bun.sleep(200);
}

function print(text: string): void {
  process.stdout.write(text);
}
