/** Status and text of one S3 error code. */
export interface S3ErrorEntry {
  readonly status: number;
  readonly message: string;
}

/**
 * Every error that a client can see: the code is the key. Codes and texts are those of the S3 API reference and,
 * where only MinIO has the case (`XMinio...`), of MinIO.
 */
export const S3_ERRORS = {
  AccessDenied: { status: 403, message: "Access Denied." },
  AllAccessDisabled: { status: 403, message: "All access to this resource has been disabled." },
  AuthorizationHeaderMalformed: {
    status: 400,
    message:
      "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.",
  },
  AuthorizationQueryParametersError: {
    status: 400,
    message:
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
  },
  BadDigest: { status: 400, message: "The Content-Md5 you specified did not match what we received." },
  BadRequest: { status: 400, message: "400 BadRequest" },
  BucketAlreadyExists: {
    status: 409,
    message:
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
  },
  BucketAlreadyOwnedByYou: {
    status: 409,
    message: "Your previous request to create the named bucket succeeded and you already own it.",
  },
  BucketNotEmpty: { status: 409, message: "The bucket you tried to delete is not empty." },
  ConditionalRequestConflict: {
    status: 409,
    message: "The conditional request cannot succeed due to a conflicting operation against this resource.",
  },
  EntityTooLarge: { status: 400, message: "Your proposed upload exceeds the maximum allowed object size." },
  EntityTooSmall: {
    status: 400,
    message: "Your proposed upload is smaller than the minimum allowed object size.",
  },
  ExpiredPresignRequest: { status: 403, message: "Request has expired" },
  IllegalLocationConstraintException: {
    status: 400,
    message: "The specified location constraint is not valid for the region of this server.",
  },
  IncompleteBody: {
    status: 400,
    message: "You did not provide the number of bytes specified by the Content-Length HTTP header.",
  },
  InternalError: { status: 500, message: "We encountered an internal error, please try again." },
  InvalidAccessKeyId: {
    status: 403,
    message: "The Access Key Id you provided does not exist in our records.",
  },
  InvalidArgument: { status: 400, message: "Invalid Argument" },
  InvalidBucketName: { status: 400, message: "The specified bucket is not valid." },
  InvalidDigest: { status: 400, message: "The Content-Md5 you specified is not valid." },
  InvalidEncryptionAlgorithmError: {
    status: 400,
    message: "The encryption request that you specified is not valid. The valid value is AES256.",
  },
  InvalidPart: {
    status: 400,
    message:
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  },
  InvalidPartNumber: { status: 416, message: "The requested partnumber is not satisfiable" },
  InvalidPartOrder: {
    status: 400,
    message:
      "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
  },
  InvalidPolicyDocument: {
    status: 400,
    message: "The content of the form does not meet the conditions specified in the policy document.",
  },
  InvalidRange: { status: 416, message: "The requested range is not satisfiable" },
  InvalidRequest: { status: 400, message: "Invalid Request" },
  InvalidStorageClass: { status: 400, message: "The storage class you specified is not valid" },
  InvalidTag: { status: 400, message: "The tag provided was not a valid tag." },
  InvalidURI: { status: 400, message: "Couldn't parse the specified URI." },
  KeyTooLongError: { status: 400, message: "Your key is too long" },
  MalformedACLError: {
    status: 400,
    message: "The XML you provided was not well-formed or did not validate against our published schema",
  },
  MalformedPOSTRequest: {
    status: 400,
    message: "The body of your POST request is not well-formed multipart/form-data.",
  },
  MalformedPolicy: { status: 400, message: "Policy has invalid resource." },
  MalformedTrailerError: {
    status: 400,
    message:
      "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  },
  MalformedXML: {
    status: 400,
    message: "The XML you provided was not well-formed or did not validate against our published schema.",
  },
  MaxMessageLengthExceeded: { status: 400, message: "Your request was too big." },
  MaxPostPreDataLengthExceededError: {
    status: 400,
    message: "Your POST request fields preceding the upload file were too large.",
  },
  MetadataTooLarge: {
    status: 400,
    message: "Your metadata headers exceed the maximum allowed metadata size.",
  },
  MethodNotAllowed: {
    status: 405,
    message: "The specified method is not allowed against this resource.",
  },
  MissingContentLength: { status: 411, message: "You must provide the Content-Length HTTP header." },
  MissingRequestBodyError: { status: 400, message: "Request body is empty." },
  MissingSecurityHeader: { status: 400, message: "Your request was missing a required header." },
  NoSuchBucket: { status: 404, message: "The specified bucket does not exist" },
  NoSuchBucketPolicy: { status: 404, message: "The bucket policy does not exist" },
  NoSuchKey: { status: 404, message: "The specified key does not exist." },
  NoSuchUpload: {
    status: 404,
    message:
      "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
  },
  NoSuchVersion: {
    status: 404,
    message: "The version ID specified in the request does not match an existing version.",
  },
  NotImplemented: {
    status: 501,
    message: "A header you provided implies functionality that is not implemented",
  },
  PreconditionFailed: {
    status: 412,
    message: "At least one of the pre-conditions you specified did not hold",
  },
  RequestHeaderSectionTooLarge: {
    status: 400,
    message: "Your request header section exceeds the maximum allowed size.",
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: "The difference between the request time and the server's time is too large.",
  },
  RequestTimeout: {
    status: 400,
    message:
      "Your socket connection to the server was not read from or written to within the timeout period.",
  },
  ServerNotInitialized: { status: 503, message: "Server not initialized, please try again." },
  ServerSideEncryptionConfigurationNotFoundError: {
    status: 404,
    message: "The server side encryption configuration was not found",
  },
  ServiceUnavailable: { status: 503, message: "The service is unavailable. Please retry." },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  },
  SlowDown: { status: 503, message: "Please reduce your request rate." },
  TooManyBuckets: { status: 400, message: "You have attempted to create more buckets than allowed" },
  UnsupportedSignature: {
    status: 400,
    message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
  },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  XMinioInvalidObjectName: { status: 400, message: "Object name contains unsupported characters." },
  XMinioInvalidResourceName: {
    status: 400,
    message: 'Resource name contains bad components such as ".." or ".".',
  },
  XMinioObjectExistsAsDirectory: { status: 409, message: "Object name already exists as a directory." },
  XMinioObjectTampered: { status: 500, message: "The requested object was modified and may be compromised" },
  XMinioParentIsObject: {
    status: 400,
    message: "Object-prefix is already an object, please choose a different object-prefix name.",
  },
  XMinioStorageFull: {
    status: 507,
    message:
      "Storage backend has reached its minimum free disk threshold. Please delete a few objects to proceed.",
  },
} as const satisfies Record<string, S3ErrorEntry>;
