import { z } from "zod";
import { Secret } from "../crypto/secret.ts";
import { AUDIT_WEBHOOK } from "./audit-settings.ts";
import { type ClientCertificate, readClientCertificate } from "./client-certificate.ts";
import { flag } from "./flag.ts";
import {
  type Environment,
  type RawSettings,
  type ReadFile,
  readSettings,
  variablesOf,
} from "./read-settings.ts";

/** A webhook that gets audit entries. */
export interface AuditWebhookConfig {
  /** What its variables end with, `""` for the one without. */
  readonly target: string;
  readonly endpoint: URL;
  readonly authToken: Secret | undefined;
  readonly client: ClientCertificate | undefined;
  readonly queueSize: number;
}

type Name = keyof typeof AUDIT_WEBHOOK;

const NAMES = Object.keys(AUDIT_WEBHOOK) as Name[];

const schema = z.object({
  auditEnable: flag.optional(),
  auditEndpoint: z.instanceof(Secret).transform((secret, context) => {
    const url = URL.parse(new TextDecoder().decode(secret.reveal()));
    if (url?.protocol === "http:" || url?.protocol === "https:") return url;
    context.addIssue({ code: "custom", message: "must be a URL such as https://audit.example.com/minio" });
    return z.NEVER;
  }).optional(),
  auditAuthToken: z.instanceof(Secret).refine(
    (secret) => /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(new TextDecoder().decode(secret.reveal())),
    "must be printable ASCII",
  ).optional(),
  auditQueueSize: z.string().regex(/^[1-9]\d{0,5}$/, "must be a number from 1 to 999999")
    .transform(Number).default(10_000),
});

/**
 * Every webhook that is turned on, each from the variables that end with its name.
 * @param faults takes a sentence for every fault; none shows a value
 */
export function readAuditWebhooks(
  env: Environment,
  readFile: ReadFile,
  faults: string[],
): readonly AuditWebhookConfig[] {
  return targetsIn(env).flatMap((target) => {
    const found: string[] = [];
    const raw = readSettings(environmentOf(target, env), readFile, found, NAMES);
    const webhook = readWebhook(target, raw, found);
    faults.push(...found.map((fault) => withTarget(fault, target)));
    return webhook ?? [];
  });
}

/** Whether a variable is a setting of some target. */
export function isTargetVariable(variable: string): boolean {
  return targetOf(variable) !== undefined;
}

function readWebhook(target: string, raw: RawSettings, faults: string[]): AuditWebhookConfig | undefined {
  const parsed = schema.safeParse(raw.values);
  for (const { path: [name], message } of parsed.error?.issues ?? []) {
    faults.push(`${raw.sources[name as Name]} ${message}.`);
  }
  const client = readClient(raw, faults);
  if (!parsed.success) return undefined;
  const { auditEnable, auditEndpoint, auditAuthToken, auditQueueSize } = parsed.data;
  // Whoever sets up a webhook believes that it works: only a clear `off` turns it off in silence.
  if (auditEnable === undefined && Object.keys(raw.values).length > 0) {
    faults.push(
      `${AUDIT_WEBHOOK.auditEnable.name} must be "on" or "off" where there are other settings of the webhook.`,
    );
  }
  if (auditEnable !== true) return undefined;
  if (auditEndpoint === undefined) {
    if (raw.sources.auditEndpoint === undefined) {
      faults.push(`${AUDIT_WEBHOOK.auditEndpoint.name} is not set.`);
    }
    return undefined;
  }
  return { target, endpoint: auditEndpoint, authToken: auditAuthToken, client, queueSize: auditQueueSize };
}

function readClient(raw: RawSettings, faults: string[]): ClientCertificate | undefined {
  const client = readClientCertificate(raw, { cert: "auditClientCert", key: "auditClientKey" }, faults);
  const { auditClientCert: cert, auditClientKey: key } = raw.sources;
  if ((cert === undefined) !== (key === undefined)) {
    faults.push(`${cert ?? key} is set without the other half of the pair. Set both or neither.`);
  }
  return client;
}

/** The targets that some variable names, `""` among them. */
function targetsIn(env: Environment): string[] {
  const set = Object.keys(env).filter((variable) => env[variable] !== undefined && env[variable] !== "");
  return [...new Set(set.flatMap((variable) => targetOf(variable) ?? []))].sort();
}

/** What stands behind the name of a setting; longer names first, since one may be the beginning of another. */
function targetOf(variable: string): string | undefined {
  for (const name of VARIABLES) {
    if (variable === name) return "";
    if (variable.startsWith(`${name}_`)) return variable.slice(name.length + 1).replace(/_FILE$/, "");
  }
  return undefined;
}

const VARIABLES = Object.values(AUDIT_WEBHOOK).flatMap(variablesOf).sort((a, b) => b.length - a.length);

/** The variables of one target under the names of the settings. */
function environmentOf(target: string, env: Environment): Environment {
  if (target === "") return env;
  return Object.fromEntries(
    Object.values(AUDIT_WEBHOOK).flatMap((setting) => {
      const { name } = setting;
      return [[name, env[`${name}_${target}`]], [`${name}_FILE`, env[`${name}_${target}_FILE`]]];
    }),
  );
}

/** A fault that names the variables as the target has them. */
function withTarget(fault: string, target: string): string {
  if (target === "") return fault;
  return fault.replace(/MINIO_AUDIT_WEBHOOK_[A-Z_]+?(?=(_FILE)?[^A-Z_])/g, (name) => `${name}_${target}`);
}
