/**
 * The tables of version 1. The names of streams, categories and events, and what is looked up or ordered, are compared by
 * bytes (`COLLATE "C"`): the order of a language may change with a release of the operating system and would break an index.
 *
 * `logs.position` is the sequencer: whoever appends to a log updates its row and so holds it until the commit, and the
 * next one begins after that. Positions therefore become visible in their order and without a gap, which no sequence
 * can give. The row is all that is updated each time, hence the room in its page.
 *
 * @param s the schema's name, quoted
 */
export function createTables(s: string): string {
  return `
CREATE TABLE ${s}.logs (
  tenant text COLLATE "C" PRIMARY KEY,
  epoch text NOT NULL,
  position bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20);

CREATE TABLE ${s}.streams (
  tenant text COLLATE "C" NOT NULL,
  name_order text COLLATE "C" NOT NULL,
  stream text COLLATE "C" NOT NULL,
  category text COLLATE "C" GENERATED ALWAYS AS (split_part(stream, '-', 1)) STORED,
  version bigint NOT NULL,
  deleted boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant, name_order)
) WITH (fillfactor = 80);

CREATE TABLE ${s}.events (
  tenant text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  event_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  data json NOT NULL,
  metadata json,
  timestamp_ms bigint NOT NULL,
  schema_version integer,
  format text COLLATE "C",
  correlation_id text COLLATE "C",
  PRIMARY KEY (tenant, position),
  UNIQUE (tenant, stream, version),
  UNIQUE (tenant, event_id)
);
CREATE INDEX events_by_correlation ON ${s}.events (tenant, correlation_id, position) WHERE correlation_id IS NOT NULL;

CREATE TABLE ${s}.snapshots (
  tenant text COLLATE "C" NOT NULL,
  stream text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  timestamp_ms bigint NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (tenant, stream, key)
);

CREATE TABLE ${s}.documents (
  tenant text COLLATE "C" NOT NULL,
  collection text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (tenant, collection, key)
);

CREATE TABLE ${s}.document_entries (
  tenant text COLLATE "C" NOT NULL,
  collection text COLLATE "C" NOT NULL,
  index_name text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, collection, index_name, value, key),
  FOREIGN KEY (tenant, collection, key) REFERENCES ${s}.documents ON DELETE CASCADE
);
CREATE INDEX document_entries_by_key ON ${s}.document_entries (tenant, collection, key);
`;
}
