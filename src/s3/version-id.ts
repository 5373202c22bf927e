import { S3Error } from "../errors/s3-error.ts";

/**
 * Checks the `versionId` of a request. Buckets keep one version of each object, the one that S3 calls `null`.
 * @throws S3Error NoSuchVersion; InvalidArgument for an empty one
 */
export function checkVersionId(versionId: string | undefined): void {
  if (versionId === undefined || versionId === "null") return;
  if (versionId === "") {
    throw new S3Error("InvalidArgument", {
      message: "Version id cannot be the empty string",
      fields: { ArgumentName: "versionId", ArgumentValue: "" },
    });
  }
  throw new S3Error("NoSuchVersion", { fields: { VersionId: versionId } });
}
