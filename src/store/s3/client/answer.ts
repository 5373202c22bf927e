import type { IncomingMessage } from "node:http";
import { AnswerBody } from "./answer-body.ts";

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Names in lower case, values in Latin-1. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AnswerBody;
}

/**
 * The answer whose head has come.
 * @param method of the request
 * @param patience longest silence of the backend within the body, in milliseconds
 */
export function answerOf(incoming: IncomingMessage, method: string, patience: number): Answer {
  const { statusCode: status = 0, rawHeaders } = incoming;
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.set((rawHeaders[i] ?? "").toLowerCase(), rawHeaders[i + 1] ?? "");
  }
  const bodiless = method === "HEAD" || status === 204 || status === 304;
  const length = bodiless ? 0 : declaredLength(headers);
  return { status, headers, body: new AnswerBody(incoming, length, patience) };
}

function declaredLength(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get("content-length");
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
