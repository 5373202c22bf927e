import { element, type Xml } from "../xml/xml-writer.ts";

/** The one owner of everything, under the id and name that MinIO gives it. */
export const OWNER_ID = "02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4";
export const OWNER_NAME = "minio";

/** What stands inside `Owner`, `Initiator` or `Grantee`. */
export const OWNER_FIELDS: readonly Xml[] = [element("ID", OWNER_ID), element("DisplayName", OWNER_NAME)];

/** The `Owner` element. */
export const OWNER: Xml = element("Owner", OWNER_FIELDS);
