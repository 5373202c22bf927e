/** Marks the database file as ours (SQLite's application_id): "MnTS". */
export const APPLICATION_ID = 0x4d6e5453;

/** Written to SQLite's user_version. A store opens its own version, upgrades older ones, and refuses newer ones. */
export const FORMAT_VERSION = 2;

/** What makes each format the next one, the first of them format 1. */
export const UPGRADES: readonly string[] = [
  `
ALTER TABLE objects ADD COLUMN storage_class TEXT;
UPDATE objects SET storage_class = 'REDUCED_REDUNDANCY' WHERE content IN (
  SELECT id FROM contents WHERE metadata LIKE '%"x-amz-storage-class":"REDUCED_REDUNDANCY"%'
);
`,
];

/**
 * The tables of this format. All text goes through `toStored` where clients choose it.
 *
 * - objects: the current version of each key, and just what a listing shows. It is narrow so that a page of 1000
 *   keys touches few pages, and it is what GET sees: a key whose newest version is a delete marker has no row here.
 *   `version` is the S3 version id (`null` while versioning is off). Past versions get a table of their own.
 * - documents: texts that belong to the store as a whole.
 * - contents: the rest of an object, with the bytes last so that reading the other columns does not touch them.
 * - segments: the files of a body that is not inline, in order. A multipart object has one a part.
 * - uploads: upload ids sort by time, so the key order is the order of a listing.
 */
export const SCHEMA = `
CREATE TABLE buckets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE bucket_documents (
  bucket INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
  name TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
  bucket INTEGER NOT NULL,
  key TEXT NOT NULL,
  version TEXT NOT NULL,
  revision TEXT NOT NULL,
  size INTEGER NOT NULL,
  stored_size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  last_modified INTEGER NOT NULL,
  checksum_algorithm TEXT,
  checksum_type TEXT,
  content INTEGER NOT NULL,
  storage_class TEXT,
  PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE contents (
  id INTEGER PRIMARY KEY,
  metadata TEXT NOT NULL,
  checksum TEXT,
  upload_id TEXT,
  bytes BLOB
) STRICT;

CREATE TABLE segments (
  content INTEGER NOT NULL,
  position INTEGER NOT NULL,
  file TEXT NOT NULL UNIQUE,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  stored_size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  checksum TEXT,
  PRIMARY KEY (content, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
  bucket INTEGER NOT NULL,
  key TEXT NOT NULL,
  upload_id TEXT NOT NULL UNIQUE,
  initiated_at INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  checksum_algorithm TEXT,
  checksum_type TEXT,
  PRIMARY KEY (bucket, key, upload_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
  upload_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  file TEXT NOT NULL UNIQUE,
  revision TEXT NOT NULL,
  size INTEGER NOT NULL,
  stored_size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  checksum TEXT,
  last_modified INTEGER NOT NULL,
  PRIMARY KEY (upload_id, number)
) STRICT, WITHOUT ROWID;
`;
