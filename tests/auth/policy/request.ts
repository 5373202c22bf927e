import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Authentication, Identity, Payload } from "../../../src/auth/authentication.ts";
import type { ConditionSource } from "../../../src/auth/policy/condition-keys.ts";
import { RequestHeaders } from "../../../src/http/headers.ts";
import { QueryParameters } from "../../../src/http/query.ts";
import { Traffic } from "../../../src/http/traffic.ts";

export const ANONYMOUS: Identity = { kind: "anonymous" };
export const ROOT: Identity = { kind: "user", accessKey: "minioadmin" };

const NO_BODY: Payload = {
  length: 0,
  announcedTrailers: [],
  open() {
    throw new Error("a policy never reads the body");
  },
};

/** What a test says about a request; the rest is filled in. It arrives at 2026-03-04T05:06:07Z, signed a second before. */
export interface Sketch {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly address?: string;
  readonly secure?: boolean;
  readonly identity?: Identity;
  readonly kind?: "header" | "presigned" | "form";
}

/** A request as a policy sees it. Anonymous unless told otherwise. */
export function sketchRequest({ headers, query, address, secure, identity, kind }: Sketch): ConditionSource {
  const receivedAt = Date.UTC(2026, 2, 4, 5, 6, 7);
  const who = identity ?? ANONYMOUS;
  const incoming = new IncomingMessage(new Socket());
  return {
    identity: who,
    auth: authentication(who, kind ?? "header", receivedAt - 1000),
    request: {
      id: "0000000000000001",
      method: "GET",
      rawPath: "/box",
      rawQuery: query ?? "",
      query: QueryParameters.parse(query ?? ""),
      headers: new RequestHeaders(Object.entries(headers ?? {}).flat()),
      bucket: "box",
      key: "",
      secure: secure ?? false,
      remoteAddress: address ?? "192.0.2.7",
      receivedAt,
      incoming,
      traffic: new Traffic(),
      sendContinue: () => {},
    },
  };
}

function authentication(
  identity: Identity,
  kind: "header" | "presigned" | "form",
  signedAt: number,
): Authentication {
  if (kind === "form") return { kind, identity: ANONYMOUS, payload: NO_BODY, verifyForm: () => identity };
  if (identity.kind === "anonymous") return { kind: "anonymous", identity, payload: NO_BODY };
  return { kind, identity, payload: NO_BODY, signedHeaders: new Set(), signedAt };
}
