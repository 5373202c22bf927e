import { foreign } from "./client/foreign.ts";
import { MOST_LISTED } from "./remote-listing.ts";
import type { RemoteUpload } from "./remote-upload-documents.ts";
import type { RemoteUploads } from "./remote-uploads.ts";

/**
 * All unfinished uploads of a backend whose names begin with a prefix, as the backend orders them.
 * @throws S3Error NoSuchBucket; InternalError for a list without end
 */
export async function allUploads(
  uploads: RemoteUploads,
  bucket: string,
  prefix: string,
): Promise<readonly RemoteUpload[]> {
  const found = new Map<string, RemoteUpload>();
  for (let mark = { key: "", uploadId: "" };;) {
    const page = await uploads.list({
      bucket,
      prefix,
      delimiter: "",
      afterKey: mark.key,
      afterUploadId: mark.uploadId,
      limit: MOST_LISTED,
    });
    const before = found.size;
    for (const upload of page.uploads) found.set(upload.uploadId, upload);
    if (page.next === undefined) return [...found.values()];
    if (found.size === before) throw foreign("a list of uploads that begins again");
    mark = page.next;
  }
}
