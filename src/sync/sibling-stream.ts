import { hash53 } from '../event/event-id.ts';
import { MAX_STREAM_NAME_UNITS } from '../event/stream-id.ts';

/**
 * The stream in which `keepBoth` keeps the events of a commit. A name that would be too long for a stream loses the end of
 * its id, in place of which a hash of the name tells it from others that begin alike.
 */
export function siblingOf(stream: string, commitId: string): string {
  const mark = `~${commitId.slice(-12)}`;
  if (stream.length + mark.length <= MAX_STREAM_NAME_UNITS) return stream + mark;
  const end = `~${hash53(stream).toString(36)}${mark}`;
  // A pair of surrogates is not cut in two.
  return stream.slice(0, MAX_STREAM_NAME_UNITS - end.length).replace(/\p{Surrogate}$/u, '') + end;
}
