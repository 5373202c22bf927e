/** The header of SSE-S3, and what those of SSE-KMS and SSE-C begin with. */
export const SSE_HEADER = "x-amz-server-side-encryption";

/** The first header of a customer's key. An answer has it, too, where something is under such a key. */
export const CUSTOMER_ALGORITHM = `${SSE_HEADER}-customer-algorithm`;
