/** The metadata that holds an object's storage class, where it is not STANDARD. Listings show it. */
export const STORAGE_CLASS = "x-amz-storage-class";
