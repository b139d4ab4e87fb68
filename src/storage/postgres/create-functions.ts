/**
 * The functions of version 1, which write and which tell what a decision needs to know.
 *
 * @param s the schema's name, quoted
 */
export function createFunctions(s: string): string {
  return `
-- The functions keep one plan each for a session: planned anew for each call, they would take three times as long.

-- What a decision on appends needs to know, of one moment. The head of a deleted stream is half a version after its last.
CREATE FUNCTION ${s}.log_state(p_tenant text, p_name_orders text[], p_ids uuid[], p_documents json) RETURNS json
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $function$
BEGIN
  RETURN json_build_object(
    'epoch', (SELECT l.epoch FROM ${s}.logs l WHERE l.tenant = p_tenant),
    'tail', (SELECT l.position FROM ${s}.logs l WHERE l.tenant = p_tenant),
    'heads', ARRAY(
      SELECT coalesce((SELECT s.version + CASE WHEN s.deleted THEN 0.5 ELSE 0 END FROM ${s}.streams s WHERE s.tenant = p_tenant AND s.name_order = k.name_order), 0)
      FROM unnest(p_name_orders) WITH ORDINALITY AS k (name_order, i) ORDER BY k.i
    ),
    'known', (
      SELECT json_agg(json_build_array(e.event_id, e.stream, e.version, e.position)) FROM unnest(p_ids) AS i (id)
      CROSS JOIN LATERAL (SELECT * FROM ${s}.events e WHERE e.tenant = p_tenant AND e.event_id = i.id LIMIT 1) e
    ),
    'documents', (
      SELECT json_agg(json_build_array(x.e ->> 0, x.e ->> 1, (SELECT d.data FROM ${s}.documents d WHERE d.tenant = p_tenant AND d.collection = x.e ->> 0 AND d.key = x.e ->> 1)) ORDER BY x.i)
      FROM json_array_elements(p_documents -> 'expect') WITH ORDINALITY AS x (e, i)
    )
  );
END
$function$;

-- p_documents: {"expect": [[collection, key, data or null] …], "deletes": [[collection, key] …],
-- "puts": [[collection, key, data, [[index, value] …]] …]}. The caller holds the log.
CREATE FUNCTION ${s}.put_documents(p_tenant text, p_documents json) RETURNS void LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $function$
BEGIN
  DELETE FROM ${s}.documents d USING json_array_elements(p_documents -> 'deletes') x
  WHERE d.tenant = p_tenant AND d.collection = x ->> 0 AND d.key = x ->> 1;
  DELETE FROM ${s}.document_entries n USING json_array_elements(p_documents -> 'puts') x
  WHERE n.tenant = p_tenant AND n.collection = x ->> 0 AND n.key = x ->> 1;
  INSERT INTO ${s}.documents AS d (tenant, collection, key, data)
  SELECT p_tenant, x ->> 0, x ->> 1, x ->> 2 FROM json_array_elements(p_documents -> 'puts') x
  ON CONFLICT (tenant, collection, key) DO UPDATE SET data = excluded.data;
  INSERT INTO ${s}.document_entries (tenant, collection, index_name, value, key)
  SELECT p_tenant, x ->> 0, v ->> 0, v ->> 1, x ->> 1 FROM json_array_elements(p_documents -> 'puts') x, json_array_elements(x -> 3) v;
END
$function$;

-- To be called after a backup was restored: the log is another one to whoever followed it. Of one tenant, or of all.
CREATE FUNCTION ${s}.renew_epochs(p_tenant text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
  v_count bigint;
BEGIN
  UPDATE ${s}.logs l SET epoch = gen_random_uuid()::text WHERE l.tenant = p_tenant OR p_tenant IS NULL;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END
$function$;

CREATE FUNCTION ${s}.documents_match(p_tenant text, p_documents json) RETURNS boolean LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $function$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM json_array_elements(p_documents -> 'expect') x
    WHERE (SELECT d.data FROM ${s}.documents d WHERE d.tenant = p_tenant AND d.collection = x ->> 0 AND d.key = x ->> 1) IS DISTINCT FROM x ->> 2
  );
END
$function$;

-- Writes documents if all are as expected.
CREATE FUNCTION ${s}.write_documents(p_tenant text, p_epoch text, p_lock_timeout text, p_synchronous_commit text, p_documents json, OUT written boolean, OUT epoch text)
LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $function$
BEGIN
  PERFORM set_config('lock_timeout', p_lock_timeout, true), set_config('synchronous_commit', coalesce(p_synchronous_commit, current_setting('synchronous_commit')), true);
  PERFORM FROM ${s}.logs l WHERE l.tenant = p_tenant AND l.epoch = p_epoch FOR NO KEY UPDATE;
  written := FOUND;
  SELECT l.epoch INTO epoch FROM ${s}.logs l WHERE l.tenant = p_tenant;
  written := written AND ${s}.documents_match(p_tenant, p_documents);
  IF written THEN
    PERFORM ${s}.put_documents(p_tenant, p_documents);
  END IF;
END
$function$;

-- Appends one event to one stream, if that is as expected (p_expected as below). It gives where the log ended before, and the
-- head of the stream before; null when nothing was written: the function append tells why.
CREATE FUNCTION ${s}.append_one(
  p_tenant text, p_epoch text, p_lock_timeout text, p_stream text, p_name_order text, p_expected bigint,
  p_event_id uuid, p_type text, p_data json, p_metadata json, p_timestamp bigint, p_schema_version integer, p_format text, p_correlation_id text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
  v_lock_timeout CONSTANT text := set_config('lock_timeout', p_lock_timeout, true);
  v_tail bigint;
  v_head bigint;
  v_deleted boolean;
BEGIN
  UPDATE ${s}.logs l SET position = l.position + 1 WHERE l.tenant = p_tenant AND l.epoch = p_epoch RETURNING l.position - 1 INTO v_tail;
  IF v_tail IS NULL THEN
    RETURN NULL;
  END IF;
  IF p_expected > 0 THEN
    -- To a version of a stream that is there: looked up and moved at once.
    UPDATE ${s}.streams t SET version = t.version + 1 WHERE t.tenant = p_tenant AND t.name_order = p_name_order AND t.version = p_expected AND NOT t.deleted
    RETURNING t.version - 1 INTO v_head;
  ELSE
    SELECT t.version, t.deleted INTO v_head, v_deleted FROM ${s}.streams t WHERE t.tenant = p_tenant AND t.name_order = p_name_order;
    IF v_head IS NULL AND p_expected > -2 THEN
      INSERT INTO ${s}.streams (tenant, name_order, stream, version) VALUES (p_tenant, p_name_order, p_stream, 1);
      v_head := 0;
    ELSIF p_expected < 0 AND NOT v_deleted THEN
      UPDATE ${s}.streams t SET version = t.version + 1 WHERE t.tenant = p_tenant AND t.name_order = p_name_order;
    ELSE
      v_head := NULL;
    END IF;
  END IF;
  IF v_head IS NULL THEN
    UPDATE ${s}.logs l SET position = l.position - 1 WHERE l.tenant = p_tenant;
    RETURN NULL;
  END IF;
  INSERT INTO ${s}.events (tenant, position, stream, version, event_id, type, data, metadata, timestamp_ms, schema_version, format, correlation_id)
  VALUES (p_tenant, v_tail + 1, p_stream, v_head + 1, p_event_id, p_type, p_data, p_metadata, p_timestamp, p_schema_version, p_format, p_correlation_id);
  RETURN json_build_array(v_tail, v_head);
END
$function$;

-- Appends events, and writes documents with them, if the streams and the documents are as expected and none of the ids is in
-- the log; otherwise it changes nothing. It gives the state before in both cases.
-- p_expected: for each stream a head, -1 for any that is not deleted, or -2 for any that exists.
-- p_stream_indexes, p_offsets: the place of each event, in the order of the log: the index (from 1) of its stream among
-- p_streams, and how far after its head.
-- p_tail: where the log must end, null for anywhere.
-- p_erase: the only event is the tombstone of the only stream; everything before it is erased.
CREATE FUNCTION ${s}.append(
  p_tenant text, p_epoch text, p_lock_timeout text,
  p_streams text[], p_name_orders text[], p_expected float8[], p_added bigint[], p_ids uuid[],
  p_stream_indexes integer[], p_event_streams text[], p_offsets integer[], p_event_ids uuid[], p_types text[], p_data text[], p_metadata text[],
  p_timestamps bigint[], p_schema_versions integer[], p_formats text[], p_correlation_ids text[],
  p_documents json, p_tail bigint, p_erase boolean
) RETURNS json LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $function$
DECLARE
  v_count CONSTANT bigint := cardinality(p_event_ids);
  v_lock_timeout CONSTANT text := set_config('lock_timeout', p_lock_timeout, true);
  v_tail bigint;
  v_heads float8[];
  v_met boolean;
BEGIN
  UPDATE ${s}.logs l SET position = l.position + v_count WHERE l.tenant = p_tenant AND l.epoch = p_epoch RETURNING l.position - v_count INTO v_tail;
  IF v_tail IS NULL THEN
    RETURN ${s}.log_state(p_tenant, p_name_orders, p_ids, p_documents);
  END IF;
  -- Statements of their own see what was committed by those whose lock was waited for.
  SELECT array_agg(h.head ORDER BY h.i), bool_and(CASE h.expected WHEN -1 THEN NOT h.deleted WHEN -2 THEN h.head > 0 AND NOT h.deleted ELSE h.head = h.expected END)
  INTO v_heads, v_met FROM (
    SELECT k.i, k.expected, coalesce(s.deleted, false) AS deleted, coalesce(s.version + CASE WHEN s.deleted THEN 0.5 ELSE 0 END, 0)::float8 AS head
    FROM unnest(p_name_orders, p_expected) WITH ORDINALITY AS k (name_order, expected, i)
    LEFT JOIN LATERAL (SELECT * FROM ${s}.streams s WHERE s.tenant = p_tenant AND s.name_order = k.name_order LIMIT 1) s ON true
  ) h;
  v_met := v_met AND coalesce(v_tail = p_tail, true);
  IF v_met AND cardinality(p_ids) > 0 THEN
    v_met := NOT EXISTS (SELECT FROM unnest(p_ids) AS i (id) WHERE (SELECT true FROM ${s}.events e WHERE e.tenant = p_tenant AND e.event_id = i.id LIMIT 1));
  END IF;
  IF v_met AND p_documents IS NOT NULL THEN
    v_met := ${s}.documents_match(p_tenant, p_documents);
  END IF;
  IF NOT v_met THEN
    UPDATE ${s}.logs l SET position = l.position - v_count WHERE l.tenant = p_tenant;
    RETURN ${s}.log_state(p_tenant, p_name_orders, p_ids, p_documents);
  END IF;
  INSERT INTO ${s}.events (tenant, position, stream, version, event_id, type, data, metadata, timestamp_ms, schema_version, format, correlation_id)
  SELECT p_tenant, v_tail + e.i, e.stream, v_heads[e.stream_index] + e.after, e.event_id, e.type, e.data::json, e.metadata::json, e.timestamp_ms, e.schema_version, e.format, e.correlation_id
  FROM unnest(p_stream_indexes, p_event_streams, p_offsets, p_event_ids, p_types, p_data, p_metadata, p_timestamps, p_schema_versions, p_formats, p_correlation_ids)
    WITH ORDINALITY AS e (stream_index, stream, after, event_id, type, data, metadata, timestamp_ms, schema_version, format, correlation_id, i);
  INSERT INTO ${s}.streams AS t (tenant, name_order, stream, version)
  SELECT p_tenant, k.name_order, k.stream, k.head + k.added FROM unnest(p_name_orders, p_streams, v_heads, p_added) AS k (name_order, stream, head, added) WHERE k.added > 0
  ON CONFLICT (tenant, name_order) DO UPDATE SET version = excluded.version;
  IF p_documents IS NOT NULL THEN
    PERFORM ${s}.put_documents(p_tenant, p_documents);
  END IF;
  IF p_erase THEN
    DELETE FROM ${s}.events e WHERE e.tenant = p_tenant AND e.stream = p_streams[1] AND e.version <= v_heads[1];
    DELETE FROM ${s}.snapshots n WHERE n.tenant = p_tenant AND n.stream = p_streams[1];
    UPDATE ${s}.streams t SET deleted = true WHERE t.tenant = p_tenant AND t.name_order = p_name_orders[1];
  END IF;
  RETURN json_build_object('written', true, 'epoch', p_epoch, 'tail', v_tail, 'heads', v_heads);
END
$function$;
`;
}
