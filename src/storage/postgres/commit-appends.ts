import { InvalidEventError, isErmineError } from '../../event/errors.ts';
import { StreamExists } from '../../event/version.ts';
import { blockedOutcomes } from '../blocked-outcomes.ts';
import { evaluateAppends, isDeleted, writtenBatches, type EventLocation, type LogState } from '../evaluate-appends.ts';
import type { Append, AppendOutcome } from '../storage.ts';
import { withAllIds } from '../with-all-ids.ts';
import { toArrayLiteral } from './array-literal.ts';
import type { PostgresClient, SqlRow, SqlValue } from './client.ts';
import { reasonOf, type Connection } from './connection.ts';
import { DocumentState, type StoredDocument } from './document-state.ts';
import { toOrderedText } from './escape-text.ts';
import { isOfData } from './explain-error.ts';
import { toEventParameters, toEventValues } from './event-rows.ts';

/** Calls for a group whose streams others write as well; then its appends are written one by one, which always comes to an end. */
const MAX_CALLS = 8;

/**
 * Writes a group of appends. `evaluateAppends` decides, on what the appends themselves say of their streams; the function
 * in the database writes if the streams are so, and otherwise tells how they are, which is decided upon anew. So the
 * usual group is one statement, and no transaction ever waits for this process.
 *
 * @param erase the only append writes the tombstone of a stream: erases what is before it in the same transaction
 */
export async function commitAppends(connection: Connection, appends: readonly Append[], erase = false): Promise<readonly AppendOutcome[]> {
  // Whether an earlier try at the group may have been committed: then its event ids tell.
  let uncertain = false;
  const tried = (): readonly Append[] => (uncertain ? appends.map(withAllIds) : appends);
  try {
    const outcomes = await connection.run((query, repeated) => {
      uncertain = repeated;
      return new Committer(connection, query, erase).commit(tried(), appends.length === 1 ? Infinity : MAX_CALLS);
    });
    return outcomes ?? (await commitApart(connection, tried()));
  } catch (error) {
    if (isErmineError(error, 'STORAGE_UNAVAILABLE') && isOfData(error.cause)) {
      // What PostgreSQL cannot keep of one append is no reason to refuse the others of its group.
      if (appends.length > 1) return commitApart(connection, tried());
      const { cause } = error;
      return [{ ok: false, error: new InvalidEventError('The append', `holds what PostgreSQL cannot keep (${reasonOf(cause)})`, { cause }) }];
    }
    if (!isErmineError(error, 'STORAGE_BLOCKED')) throw error;
    return blockedOutcomes(appends, error, uncertain);
  }
}

/** One by one: what becomes of one append says nothing of those that were written before it. */
async function commitApart(connection: Connection, appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
  const outcomes: AppendOutcome[] = [];
  for (const append of appends) {
    const alone = await commitAppends(connection, [append]).catch((error: unknown): readonly AppendOutcome[] => {
      if (!isErmineError(error)) throw error;
      return [{ ok: false, error }];
    });
    outcomes.push(...alone);
  }
  return outcomes;
}

interface KnownState extends LogState {
  /** False while it is only what the appends say. */
  readonly certain: boolean;
  readonly documents: DocumentState;
}

class Committer {
  readonly #connection: Connection;
  readonly #query: PostgresClient['query'];
  readonly #erase: boolean;

  constructor(connection: Connection, query: PostgresClient['query'], erase: boolean) {
    this.#connection = connection;
    this.#query = query;
    this.#erase = erase;
  }

  /** @returns undefined when others were faster each time; an append alone is then refused, so this comes to an end for it */
  async commit(appends: readonly Append[], maxCalls: number): Promise<AppendOutcome[] | undefined> {
    const [append] = appends;
    const alone = append && appends.length === 1 && !this.#erase ? await this.#commitOne(append) : undefined;
    if (alone) return [alone];
    let state = assumedState(appends);
    for (let calls = 0; calls < maxCalls; calls++) {
      const { documents } = state;
      const outcomes = evaluateAppends(appends, copyOf(state), documents.check());
      const writes = outcomes.some((outcome) => outcome.ok && outcome.batches.length > 0);
      if (state.certain && !writes) return outcomes;
      // What is refused is refused for what is in the log, not for a guess.
      if (!state.certain && outcomes.some((outcome) => !outcome.ok || outcome.batches.length === 0)) {
        state = await this.#look(appends, state);
        continue;
      }
      const { written, state: actual } = await this.#call(appends, outcomes, state);
      // The same decisions, now with the versions and positions that they were given.
      if (written) return evaluateAppends(appends, actual, actual.documents.check());
      state = actual;
    }
    return undefined;
  }

  async #look(appends: readonly Append[], { heads, documents }: KnownState): Promise<KnownState> {
    const { schema, tenant } = this.#connection;
    const [row] = await this.#query(`SELECT ${schema}.log_state($1, $2, $3, $4::text::json)::text AS answer`, [
      tenant,
      toArrayLiteral([...heads.keys()].map(toOrderedText)),
      toArrayLiteral(appends.flatMap(({ ids }) => ids)),
      documents.toParameter(),
    ]);
    return this.#toState(row, heads, documents).state;
  }

  /** An event alone, the most frequent append, which the database decides on. @returns undefined when it is not that, or the stream is not as expected */
  async #commitOne({ writes, ids, documents, after }: Append): Promise<AppendOutcome | undefined> {
    const [write, ...others] = writes;
    const [batch, ...more] = write?.batches ?? [];
    if (!write || !batch || batch.count > 1 || others.length + more.length + ids.length > 0 || documents || after !== undefined) return undefined;
    const { schema, tenant, epoch, lockTimeout } = this.#connection;
    const { stream, expectedVersion } = write;
    const values = [tenant, epoch, lockTimeout, stream, toOrderedText(stream), expectedVersion, ...toEventValues(batch)[0]!];
    const [row] = await this.#query(`SELECT ${schema}.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json, $10::text::json, $11, $12, $13, $14) AS answer`, values);
    const answer = row?.['answer'];
    if (typeof answer !== 'string') return undefined;
    const [tail, head] = JSON.parse(answer) as [number, number];
    const [position, version] = [tail + 1, head + 1];
    return { ok: true, deduplicated: false, results: [{ version, globalPosition: position }], batches: [{ ...batch, version, position }] };
  }

  async #call(appends: readonly Append[], outcomes: readonly AppendOutcome[], { tail, heads, locations, documents }: KnownState): Promise<Answer> {
    const { schema, tenant, epoch, lockTimeout } = this.#connection;
    const streams = [...heads.keys()];
    const batches = writtenBatches(outcomes);
    const added = new Map<string, number>();
    for (const { stream, count } of batches) added.set(stream, (added.get(stream) ?? 0) + count);
    const expected = expectedHeads(appends, outcomes, heads);
    const places = new Map(streams.map((stream, i) => [stream, { index: i + 1, head: heads.get(stream)! }]));
    const values: SqlValue[] = [
      tenant,
      epoch,
      lockTimeout,
      toArrayLiteral(streams),
      toArrayLiteral(streams.map(toOrderedText)),
      toArrayLiteral(streams.map((stream) => expected.get(stream)!)),
      toArrayLiteral(streams.map((stream) => added.get(stream) ?? 0)),
      toArrayLiteral(appends.flatMap(({ ids }) => ids).filter((id) => !locations.has(id))),
      ...toEventParameters(batches, places),
      documents.toParameter(),
      appends.some((append) => append.documents?.position !== undefined) ? tail : null,
    ];
    // A library that knows the type of a parameter would make JSON of the text.
    const parameters = values.map((_, i) => `$${i + 1}${i === values.length - 2 ? '::text::json' : ''}`).join(', ');
    const [row] = await this.#query(`SELECT ${schema}.append(${parameters}, ${this.#erase})::text AS answer`, values);
    const answer = this.#toState(row, heads, documents);
    // It was told not to look for these.
    for (const [id, location] of locations) answer.state.locations.set(id, location);
    return answer;
  }

  #toState(row: SqlRow | undefined, streams: ReadonlyMap<string, number>, documents: DocumentState): Answer {
    const answer = JSON.parse(String(row?.['answer'])) as {
      written?: boolean;
      epoch: string | null;
      tail: number;
      heads: number[];
      known?: [id: string, stream: string, version: number, position: number][] | null;
      documents?: StoredDocument[] | null;
    };
    this.#connection.checkEpoch(answer.epoch);
    const heads = new Map([...streams.keys()].map((stream, i) => [stream, answer.heads[i]!]));
    const locations = new Map((answer.known ?? []).map(([id, stream, version, position]): [string, EventLocation] => [id, { stream, version, position }]));
    return { written: answer.written === true, state: { certain: true, tail: answer.tail, heads, locations, documents: answer.documents ? new DocumentState(answer.documents) : documents } };
  }
}

interface Answer {
  readonly written: boolean;
  readonly state: KnownState;
}

/** The log as the first expectation of each of its streams has it; any other stream is taken for a new one. */
function assumedState(appends: readonly Append[]): KnownState {
  const heads = new Map<string, number>();
  for (const { writes } of appends) {
    for (const { stream, expectedVersion } of writes) {
      if (!heads.has(stream)) heads.set(stream, expectedVersion === StreamExists ? 1 : Math.max(0, expectedVersion));
    }
  }
  const { position = 1 } = appends[0]?.documents ?? {};
  return { certain: false, tail: position - 1, heads, locations: new Map(), documents: DocumentState.assumed(appends) };
}

function copyOf({ tail, heads, locations }: LogState): LogState {
  return { tail, heads: new Map(heads), locations: new Map(locations) };
}

/**
 * How each stream must be for the decisions to hold: exactly as in the state, or, when all that is written to it goes with
 * any version (-1) or with any existing stream (-2), just that.
 */
function expectedHeads(appends: readonly Append[], outcomes: readonly AppendOutcome[], heads: ReadonlyMap<string, number>): Map<string, number> {
  const expected = new Map<string, number>();
  appends.forEach(({ writes }, i) => {
    for (const { stream, expectedVersion } of writes) {
      const head = heads.get(stream)!;
      const isLoose = outcomes[i]!.ok && expectedVersion < 0 && !isDeleted(head) && (expectedVersion !== StreamExists || head > 0);
      const before = expected.get(stream) ?? -1;
      expected.set(stream, isLoose && before < 0 ? Math.min(before, expectedVersion) : head);
    }
  });
  return expected;
}
