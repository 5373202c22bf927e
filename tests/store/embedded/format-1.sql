-- A store of format 1 with one object of each storage class.
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
INSERT INTO buckets (id, name, created_at) VALUES (1, 'box', 1795691131449);
INSERT INTO objects (bucket, key, version, revision, size, stored_size, etag, last_modified, checksum_algorithm, checksum_type, content) VALUES (1, 'plain', 'null', '_yFgJJkS1TkDILmR', 5, 5, 'ac7938d40cfc2307e2bf325d28e7884e', 1795691131451, NULL, NULL, 1);
INSERT INTO objects (bucket, key, version, revision, size, stored_size, etag, last_modified, checksum_algorithm, checksum_type, content) VALUES (1, 'reduced', 'null', 'etJbMMZlP9S2_kwX', 7, 7, '282fabc3aa55dcf5a73ad91ea6c62de6', 1795691131452, NULL, NULL, 2);
INSERT INTO contents (id, metadata, checksum, upload_id, bytes) VALUES (1, '{"content-type":"text/plain"}', NULL, NULL, X'706c61696e');
INSERT INTO contents (id, metadata, checksum, upload_id, bytes) VALUES (2, '{"content-type":"text/plain","x-amz-storage-class":"REDUCED_REDUNDANCY"}', NULL, NULL, X'72656475636564');
PRAGMA application_id = 1299076179; PRAGMA user_version = 1;
