import { S3Error } from "../../errors/s3-error.ts";

/** `AKID/20130524/us-east-1/s3/aws4_request`: who signed, and for which day, region and service. */
export interface CredentialScope {
  readonly accessKey: string;
  /** `YYYYMMDD`. */
  readonly day: string;
  readonly region: string;
}

/**
 * Parses a credential and checks it against this server. The access key may itself hold slashes.
 * @param region the region of this server; `us-east-1` is taken as well where a client cannot know better
 * @param fault makes the error for the place where the credential stood
 */
export function parseScope(
  text: string,
  region: string,
  fault: (message: string, fields?: Readonly<Record<string, string>>) => S3Error,
): CredentialScope {
  const pieces = text.split("/");
  const [day = "", signedRegion = "", service = "", terminator = ""] = pieces.slice(-4);
  const accessKey = pieces.slice(0, -4).join("/");
  if (accessKey === "" || !/^\d{8}$/.test(day)) throw fault("The credential is malformed.");
  if (service !== "s3") {
    throw fault(`The credential is malformed; incorrect service. This endpoint belongs to "s3".`);
  }
  if (terminator !== "aws4_request") {
    throw fault(`The credential is malformed; incorrect terminal. This endpoint uses "aws4_request".`);
  }
  if (signedRegion !== region) {
    throw fault(`The credential is malformed; the region is wrong; expecting '${region}'.`, {
      Region: region,
    });
  }
  return { accessKey, day, region: signedRegion };
}

/** The scope as it stands in a string to sign. */
export function scopeText({ day, region }: CredentialScope): string {
  return `${day}/${region}/s3/aws4_request`;
}
