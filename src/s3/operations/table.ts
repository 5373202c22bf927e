import type { Operation } from "../operation.ts";
import { abortMultipartUpload } from "./abort-multipart-upload.ts";
import { completeMultipartUpload } from "./complete-multipart-upload.ts";
import { copyObject } from "./copy-object.ts";
import { createBucket } from "./create-bucket.ts";
import { createMultipartUpload } from "./create-multipart-upload.ts";
import { deleteBucketEncryption } from "./delete-bucket-encryption.ts";
import { deleteBucketPolicy } from "./delete-bucket-policy.ts";
import { deleteBucket } from "./delete-bucket.ts";
import { deleteObject } from "./delete-object.ts";
import { deleteObjects } from "./delete-objects.ts";
import { getBucketAcl } from "./get-bucket-acl.ts";
import { getBucketEncryption } from "./get-bucket-encryption.ts";
import { getBucketLocation } from "./get-bucket-location.ts";
import { getBucketPolicyStatus } from "./get-bucket-policy-status.ts";
import { getBucketPolicy } from "./get-bucket-policy.ts";
import { getBucketVersioning } from "./get-bucket-versioning.ts";
import { getObjectAcl } from "./get-object-acl.ts";
import { getObjectAttributes } from "./get-object-attributes.ts";
import { getObjectTagging } from "./get-object-tagging.ts";
import { getObject } from "./get-object.ts";
import { headBucket } from "./head-bucket.ts";
import { headObject } from "./head-object.ts";
import { listBuckets } from "./list-buckets.ts";
import { listMultipartUploads } from "./list-multipart-uploads.ts";
import { listObjectVersions } from "./list-object-versions.ts";
import { listObjectsV2 } from "./list-objects-v2.ts";
import { listObjects } from "./list-objects.ts";
import { listParts } from "./list-parts.ts";
import { postObject } from "./post-object.ts";
import { putBucketAcl } from "./put-bucket-acl.ts";
import { putBucketEncryption } from "./put-bucket-encryption.ts";
import { putBucketPolicy } from "./put-bucket-policy.ts";
import { putObjectAcl } from "./put-object-acl.ts";
import { putObject } from "./put-object.ts";
import { updateObjectEncryption } from "./update-object-encryption.ts";
import { uploadPartCopy } from "./upload-part-copy.ts";
import { uploadPart } from "./upload-part.ts";

/** Every operation there is. Routing, authorisation, metrics and audit read this table. */
export const OPERATIONS: readonly Operation[] = [
  abortMultipartUpload,
  completeMultipartUpload,
  copyObject,
  createBucket,
  createMultipartUpload,
  deleteBucketEncryption,
  deleteBucketPolicy,
  deleteBucket,
  deleteObject,
  deleteObjects,
  getBucketAcl,
  getBucketEncryption,
  getBucketLocation,
  getBucketPolicyStatus,
  getBucketPolicy,
  getBucketVersioning,
  getObjectAcl,
  getObjectAttributes,
  getObjectTagging,
  getObject,
  headBucket,
  headObject,
  listBuckets,
  listMultipartUploads,
  listObjectVersions,
  listObjectsV2,
  listObjects,
  listParts,
  postObject,
  putBucketAcl,
  putBucketEncryption,
  putBucketPolicy,
  putObjectAcl,
  putObject,
  updateObjectEncryption,
  uploadPartCopy,
  uploadPart,
];
