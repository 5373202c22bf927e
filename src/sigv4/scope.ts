/** `AKID/20130524/us-east-1/s3/aws4_request`: who signed, and for which day, region and service. */
export interface CredentialScope {
  readonly accessKey: string;
  /** `YYYYMMDD`. */
  readonly day: string;
  readonly region: string;
}

/** The scope as it stands in a string to sign. */
export function scopeText({ day, region }: Pick<CredentialScope, "day" | "region">): string {
  return `${day}/${region}/s3/aws4_request`;
}
