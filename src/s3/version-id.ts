import { S3Error } from "../errors/s3-error.ts";

/** What S3 calls the version of an object that was written while versioning was not on. */
export const NULL_VERSION = "null";

/**
 * Checks the `versionId` of a request. Buckets keep one version of each object, the one that S3 calls `null`.
 * @throws S3Error NoSuchVersion; InvalidArgument for an empty one
 */
export function checkVersionId(versionId: string | undefined): void {
  if (versionId === undefined || versionId === NULL_VERSION) return;
  if (versionId === "") {
    throw new S3Error("InvalidArgument", {
      message: "Version id cannot be the empty string",
      fields: { ArgumentName: "versionId", ArgumentValue: "" },
    });
  }
  throw new S3Error("NoSuchVersion", { fields: { VersionId: versionId } });
}
