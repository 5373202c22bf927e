import { Buffer } from "node:buffer";
import { type Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { VaultFault } from "./fault.ts";

/** A request as it goes on the wire. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** The answer, whole. */
export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** Longest answer that is read, in bytes. */
const MAX_ANSWER = 256 * 1024;

/**
 * One request and its answer. Redirects are answers, too.
 * @param deadline milliseconds from now to the last byte of the answer
 * @throws VaultFault unreachable, timeout, tls, broken
 */
export function exchange(target: URL, agent: Agent, outgoing: Outgoing, deadline: number): Promise<Answer> {
  const { method, headers, body } = outgoing;
  const send = target.protocol === "http:" ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const request = send(target, {
      method,
      agent,
      headers: body === undefined ? headers : { ...headers, "Content-Length": body.length },
    });
    const fail = (fault: VaultFault) => {
      clearTimeout(limit);
      reject(fault);
      request.destroy();
    };
    const limit = setTimeout(
      () => fail(new VaultFault("timeout", `${target.origin} did not answer within ${deadline} ms`)),
      deadline,
    );
    request.on("error", (cause) => fail(connectionFault(target, cause)));
    request.on("response", (incoming) => {
      readAnswer(incoming).then((answer) => {
        clearTimeout(limit);
        resolve(answer);
      }, (cause) => fail(connectionFault(target, cause)));
    });
    request.end(body);
  });
}

function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_ANSWER) reject(new VaultFault("broken", "the answer is too long to be Vault's"));
      else chunks.push(chunk);
    });
    incoming.on("error", reject);
    incoming.on("close", () => reject(new Error("the connection broke within the answer")));
    incoming.on("end", () => {
      const { statusCode: status = 0, headers: { location } } = incoming;
      resolve({ status, location, body: Buffer.concat(chunks) });
    });
  });
}

/** Words in the errors of Node, Bun and Deno that speak of certificates or of the handshake. */
const TLS = /CERT|SELF[_ -]SIGNED|UNABLE_TO|ERR_TLS|SSL|EPROTO|ALTNAME|UnknownIssuer|handshake|\btls\b/i;

function connectionFault(target: URL, cause: unknown): VaultFault {
  if (cause instanceof VaultFault) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const text = cause instanceof Error ? cause.message : String(cause);
  const isTls = target.protocol === "https:" && TLS.test(`${code} ${text}`);
  // OpenSSL's own texts run over several lines.
  const reason = text === "" ? code : text.replace(/\s+/g, " ").trim();
  return new VaultFault(isTls ? "tls" : "unreachable", `${target.origin}: ${reason}`, { cause });
}
