import { S3Client } from "@aws-sdk/client-s3";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { ACCESS_KEY, type RunningServer, SECRET_KEY } from "../running-server.ts";

/** A client of a server with TLS. */
export function clientOf(server: RunningServer): S3Client {
  return new S3Client({
    endpoint: server.url,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    requestHandler: { httpsAgent: new Agent({ ca: readFileSync(server.certificate) }) },
  });
}

/** The parameters that hand a customer's key over; none without one. @param key in base64 */
export function customerKey(key: string | undefined) {
  if (key === undefined) return {};
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: key,
    SSECustomerKeyMD5: createHash("md5").update(Buffer.from(key, "base64")).digest("base64"),
  };
}
