import type { Observable } from 'rxjs';
import type { DeepReadonly } from '../event/event.ts';
import type { OpenDocuments, OpenProjection, OpenState, ViewOptions } from '../projection/opened.ts';
import type { DocumentQuery, QueryPage } from '../projection/query.ts';
import type { ProjectionStatus } from '../projection/status.ts';
import type { Live } from './observable-source.ts';
import { useLive } from './use-live.ts';

/**
 * The state of a projection, or a document or a page of documents of one, kept up to date in every tab. It renders when
 * that itself has changed. Pass undefined while the projection is not open yet. A query may be a new object at each
 * render: only its content counts. With `{ pending: true }`, what a synced store has pending is in it too.
 *
 * @example const { value: page } = useProjection(orders, { index: 'total', lower: 100 });
 */
export function useProjection<State>(projection: OpenState<State> | undefined, options?: ViewOptions): Live<DeepReadonly<State>>;
export function useProjection<Document, Index extends string>(projection: OpenDocuments<Document, Index> | undefined, key: string, options?: ViewOptions): Live<DeepReadonly<Document> | undefined>;
export function useProjection<Document, Index extends string>(projection: OpenDocuments<Document, Index> | undefined, query: DocumentQuery<Index>, options?: ViewOptions): Live<QueryPage<Document>>;
export function useProjection(projection: OpenState<unknown> | OpenDocuments<unknown> | undefined, ...of: readonly unknown[]): Live<unknown> {
  const watch$ = projection?.watch$ as ((...of: readonly unknown[]) => Observable<unknown>) | undefined;
  return useLive(() => watch$?.(...of), projection, JSON.stringify(of));
}

/** How a projection is doing, kept up to date. */
export function useProjectionStatus(projection: OpenProjection | undefined): Live<ProjectionStatus> {
  return useLive(() => projection?.status$, projection, '');
}
