import { z } from "zod";
import { Secret } from "../crypto/secret.ts";
import { readPem } from "./client-certificate.ts";
import { readAuthorities } from "./pem-files.ts";
import type { RawSettings } from "./read-settings.ts";

/** What concerns `gateway s3` alone. */
export interface GatewayConfig {
  /** The kinds of encryption that the backend is asked for on top; `undefined` for none. */
  readonly doubleSse: { readonly s3: boolean; readonly c: boolean } | undefined;
  /** PEM certificates in place of the system's. */
  readonly authorities: readonly string[] | undefined;
  readonly addressing: "path" | "virtual-host" | undefined;
  /** Whether keys of customers may go over plain HTTP to this machine. */
  readonly keysOverHttp: boolean;
  /** As they are set. Half of them is a fault of the gateway alone: any other command has no use for them. */
  readonly aws: {
    readonly accessKey: string | undefined;
    readonly secretKey: Secret | undefined;
    readonly sessionToken: Secret | undefined;
  };
}

const doubleSse = z.string().transform((text, context) => {
  const kinds = text.toLowerCase().split(";");
  if (kinds.every((kind) => kind === "s3" || kind === "c") && new Set(kinds).size === kinds.length) {
    return { s3: kinds.includes("s3"), c: kinds.includes("c") };
  }
  context.addIssue({ code: "custom", message: 'must be "s3", "c" or "s3;c"' });
  return z.NEVER;
}).optional();

/** The part of the schema that speaks of the gateway. */
export const gatewaySchema = {
  gatewaySse: doubleSse,
  gatewayAddressing: z.enum(["path", "virtual-host"], 'must be "path" or "virtual-host"').optional(),
  gatewayKeysOverHttp: z.enum(["on", "off"], 'must be "on" or "off"').default("off"),
  awsAccessKeyId: z.string().optional(),
  awsSecretAccessKey: z.instanceof(Secret).optional(),
  awsSessionToken: z.instanceof(Secret).optional(),
};

type Parsed = z.output<z.ZodObject<typeof gatewaySchema>>;

/**
 * Puts the settings together.
 * @param faults takes a sentence for every fault
 */
export function readGatewayConfig(
  parsed: Parsed,
  raw: RawSettings,
  hasKms: boolean,
  faults: string[],
): GatewayConfig {
  if (parsed.gatewaySse !== undefined && !hasKms) {
    faults.push(
      "MINIO_GATEWAY_SSE set but KMS is not configured. " +
        "Set MINIO_SSE_MASTER_KEY or MINIO_SSE_VAULT_ENDPOINT, or take MINIO_GATEWAY_SSE away.",
    );
  }
  return {
    doubleSse: parsed.gatewaySse,
    authorities: readPem(raw, "gatewayCaPath", readAuthorities, faults),
    addressing: parsed.gatewayAddressing,
    keysOverHttp: parsed.gatewayKeysOverHttp === "on",
    aws: {
      accessKey: parsed.awsAccessKeyId,
      secretKey: parsed.awsSecretAccessKey,
      sessionToken: parsed.awsSessionToken,
    },
  };
}
