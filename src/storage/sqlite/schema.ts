/** "ERMN", in the header of the file: tells a database of Ermine's. */
export const APPLICATION_ID = 0x45524d4e;

/**
 * The steps from one version of the schema to the next; `user_version` is their number. Steps only add.
 *
 * A row of `log_events` is an event as its batch brought it, `[type, data, metadata, id, timestamp, schemaVersion, format]`
 * as JSONB: it goes in and out as it is, is a fifth smaller than text, and SQL reads into it without parsing. What the events
 * of a batch have in common is once in `log_batches`; an erased batch has no stream, and its events are gone. Rows are in the
 * order of the log; `stream, version` finds those of a stream.
 *
 * `events` and `streams` are the views for people who ask questions.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE log_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE log_streams (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  plain_name TEXT,
  category TEXT NOT NULL,
  version INTEGER NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE INDEX log_streams_category ON log_streams (category);

CREATE TABLE log_batches (
  position INTEGER PRIMARY KEY,
  stream INTEGER REFERENCES log_streams (id),
  version INTEGER NOT NULL,
  count INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  size INTEGER NOT NULL,
  id_base BLOB
);
CREATE UNIQUE INDEX log_batches_stream ON log_batches (stream, version) WHERE stream IS NOT NULL;
CREATE INDEX log_batches_timestamp ON log_batches (timestamp);
CREATE INDEX log_batches_id ON log_batches (id_base) WHERE id_base IS NOT NULL;

CREATE TABLE log_events (
  position INTEGER PRIMARY KEY,
  place INTEGER NOT NULL,
  event BLOB NOT NULL,
  type TEXT GENERATED ALWAYS AS (event ->> 0) VIRTUAL,
  correlation_id TEXT GENERATED ALWAYS AS (event ->> '$[2].correlationId') VIRTUAL,
  own_id BLOB GENERATED ALWAYS AS (unhex(event ->> 3, '-')) VIRTUAL,
  own_timestamp INTEGER GENERATED ALWAYS AS (event ->> 4) VIRTUAL
);
CREATE INDEX log_events_type ON log_events (type);
CREATE INDEX log_events_correlation ON log_events (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX log_events_id ON log_events (own_id) WHERE own_id IS NOT NULL;
CREATE INDEX log_events_timestamp ON log_events (own_timestamp) WHERE own_timestamp IS NOT NULL;

CREATE TABLE log_snapshots (
  stream TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (stream, key)
) WITHOUT ROWID;

CREATE TABLE documents (
  collection TEXT NOT NULL,
  key TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE TABLE document_indexes (
  collection TEXT NOT NULL,
  name TEXT NOT NULL,
  value NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (collection, name, value, key)
) WITHOUT ROWID;
CREATE INDEX document_indexes_key ON document_indexes (collection, key);

CREATE VIEW streams AS
  SELECT coalesce(plain_name, name) AS stream, category, version, deleted, created, updated FROM log_streams;

CREATE VIEW events AS
  SELECT
    e.position AS global_position,
    coalesce(s.plain_name, s.name) AS stream,
    s.category,
    b.version + e.place AS version,
    coalesce(
      e.event ->> 3,
      lower(format('%s-%s-%s-%s-%s%04x', substr(hex(b.id_base), 1, 8), substr(hex(b.id_base), 9, 4), substr(hex(b.id_base), 13, 4),
        substr(hex(b.id_base), 17, 4), substr(hex(b.id_base), 21), e.place))
    ) AS id,
    e.type,
    e.event -> 1 AS data,
    coalesce(nullif(e.event -> 2, 'null'), '{}') AS metadata,
    e.correlation_id,
    coalesce(e.own_timestamp, b.timestamp) AS timestamp,
    e.event ->> 5 AS schema_version,
    e.event ->> 6 AS format
  FROM log_events e
  JOIN log_batches b ON b.position = e.position - e.place
  JOIN log_streams s ON s.id = b.stream;
`,
];
