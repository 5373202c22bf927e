import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { send } from "../raw-client.ts";
import type { RunningServer } from "../running-server.ts";

/** What a key may hold: the MD5 of its bytes, or nothing. */
export type Content = string | undefined;

/**
 * What is known of the keys of one writer: the last acknowledged content of each, and contents that were on their way
 * when the server died, each of which may or may not have been written.
 */
export class Ledger {
  readonly #acknowledged = new Map<string, Content>();
  readonly #pending = new Map<string, Content[]>();

  begin(key: string, content: Content): void {
    this.#pending.set(key, [...this.#pending.get(key) ?? [], content]);
  }

  acknowledge(key: string, content: Content): void {
    this.#acknowledged.set(key, content);
    this.#pending.delete(key);
  }

  /** Every key ever touched with all contents that it may have now. */
  *expectations(): Iterable<[key: string, allowed: readonly Content[]]> {
    for (const key of new Set([...this.#acknowledged.keys(), ...this.#pending.keys()])) {
      yield [key, [this.#acknowledged.get(key), ...this.#pending.get(key) ?? []]];
    }
  }

  /** Takes what was found after a restart as acknowledged. */
  settle(key: string, found: Content): void {
    this.acknowledge(key, found);
  }
}

const PART = randomBytes(5 * 1024 * 1024);

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

type Headers = Readonly<Record<string, string>>;

/**
 * Writes, overwrites, completes and deletes its own keys until a request fails because the server is gone.
 * @param chosen headers for the next object
 */
export async function writeUntilKilled(
  server: RunningServer,
  name: string,
  ledger: Ledger,
  chosen: () => Headers = () => ({}),
): Promise<void> {
  try {
    for (;;) {
      const key = `${name}-${Math.floor(Math.random() * 6)}`;
      const dice = Math.random();
      if (dice < 0.15) await remove(server, key, ledger);
      else if (dice < 0.3) await multipart(server, key, ledger, chosen());
      else await put(server, key, dice < 0.5 ? 300_000 : 4096, ledger, chosen());
    }
  } catch (thrown) {
    if (!(thrown instanceof ServerGone)) throw thrown;
  }
}

/** The connection ended without an answer. */
class ServerGone extends Error {}

async function ask(...[server, request]: Parameters<typeof send>): Promise<Buffer> {
  const answer = await send(server, request).catch((cause) => {
    throw new ServerGone("no connection", { cause });
  });
  if (answer.cut) throw new ServerGone("no answer");
  if (answer.status > 299) {
    throw new Error(`${request.method} ${request.target}: ${answer.status} ${answer.body}`);
  }
  return answer.body;
}

async function put(
  server: RunningServer,
  key: string,
  size: number,
  ledger: Ledger,
  headers: Headers,
): Promise<void> {
  const body = randomBytes(size);
  ledger.begin(key, md5(body));
  await ask(server, { method: "PUT", target: `/crash/${key}`, body, headers });
  ledger.acknowledge(key, md5(body));
}

async function remove(server: RunningServer, key: string, ledger: Ledger): Promise<void> {
  ledger.begin(key, undefined);
  await ask(server, { method: "DELETE", target: `/crash/${key}` });
  ledger.acknowledge(key, undefined);
}

async function multipart(
  server: RunningServer,
  key: string,
  ledger: Ledger,
  headers: Headers,
): Promise<void> {
  const begun = await ask(server, { method: "POST", target: `/crash/${key}?uploads=`, headers });
  const uploadId = /<UploadId>([^<]+)</.exec(begun.toString())?.[1] ?? "";
  const tail = randomBytes(1000);
  const parts = [PART, tail];
  for (const [i, body] of parts.entries()) {
    await ask(server, {
      method: "PUT",
      target: `/crash/${key}?partNumber=${i + 1}&uploadId=${uploadId}`,
      body,
    });
  }
  const named = parts.map((body, i) =>
    `<Part><PartNumber>${i + 1}</PartNumber><ETag>${md5(body)}</ETag></Part>`
  );
  const document = Buffer.from(`<CompleteMultipartUpload>${named.join("")}</CompleteMultipartUpload>`);
  const whole = md5(Buffer.concat(parts));
  ledger.begin(key, whole);
  await ask(server, { method: "POST", target: `/crash/${key}?uploadId=${uploadId}`, body: document });
  ledger.acknowledge(key, whole);
}
