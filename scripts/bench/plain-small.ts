import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Aead } from "../../src/crypto/aead.ts";
import { openSmall } from "../../src/crypto/dare-reader.ts";
import { sealSmall } from "../../src/crypto/dare-writer.ts";
import { newObjectKey } from "../../src/crypto/kdf.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import {
  DARE_V2_HMAC_SHA256,
  IV_SIZE,
  newDataKey,
  openDataKey,
  openObjectKey,
  sealObjectKey,
} from "../../src/crypto/sealed-key.ts";
import { Secret } from "../../src/crypto/secret.ts";
import { sealedTexts } from "../../src/sse/sealed-text.ts";

const KEY_ID = "bench";
const MASTER_KEY = new Secret(randomBytes(32));
const TEXTS = sealedTexts(new Secret(randomBytes(32)));
const OBJECT = { bucket: "bench", key: "small" };
const CONTEXT = { bench: "bench/small" };
const DOMAIN = "SSE-S3";
/** About as much as a record says. */
const SAID = "x".repeat(800);

interface Sealed {
  readonly iv: Uint8Array;
  readonly dataKey: Uint8Array;
  readonly objectKey: Uint8Array;
  readonly body: Uint8Array;
  readonly etag: string;
  readonly proof: string | undefined;
}

/** The last body that came for each provider, and for none. */
const sealed = new Map<Aead, Sealed>();
let plain: Uint8Array = new Uint8Array();

/** Takes a small body, and seals it with the calls that an SSE-S3 write cannot do without. No record, no store. */
export async function keepSmall(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  aead: Aead | undefined,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const md5 = createHash("md5").update(body).digest("hex");
  if (aead === undefined) plain = body;
  else sealed.set(aead, await seal(aead, body, md5));
  outgoing.writeHead(200, { "Content-Length": 0, "ETag": md5 }).end();
}

/** Sends it, opened with the calls that an SSE-S3 read cannot do without. */
export async function sendSmall(outgoing: ServerResponse, aead: Aead | undefined): Promise<void> {
  const kept = aead && sealed.get(aead);
  const body = aead && kept ? await open(aead, kept) : plain;
  outgoing.writeHead(200, { "Content-Length": body.length }).end(body);
}

async function seal(aead: Aead, body: Uint8Array, md5: string): Promise<Sealed> {
  const dataKey = newDataKey(MASTER_KEY, KEY_ID, CONTEXT);
  const objectKey = newObjectKey(dataKey.plain);
  const iv = randomBytes(IV_SIZE);
  return {
    iv,
    dataKey: dataKey.sealed,
    objectKey: sealObjectKey(objectKey, { external: dataKey.plain, iv, domain: DOMAIN, object: OBJECT }),
    body: await sealSmall(aead, objectKey, body),
    etag: TEXTS.seal("etag", md5, OBJECT),
    proof: TEXTS.prove("record", SAID, OBJECT),
  };
}

async function open(aead: Aead, { iv, dataKey, objectKey, body, proof }: Sealed): Promise<Uint8Array> {
  if (TEXTS.prove("record", SAID, OBJECT) !== proof) throw new Error("another proof");
  const external = openDataKey(dataKey, MASTER_KEY, KEY_ID, CONTEXT);
  const sealing = { external, iv, domain: DOMAIN, object: OBJECT } as const;
  return await openSmall(aead, openObjectKey(objectKey, DARE_V2_HMAC_SHA256, sealing), body);
}
