import { useMemo, useSyncExternalStore } from 'react';
import type { Observable } from 'rxjs';
import { LOADING, ObservableSource, type Live } from './observable-source.ts';

const loading = (): typeof LOADING => LOADING;

/** Shows an Observable, a new one whenever one of the two things changes that it depends on. */
export function useLive<T>(create: () => Observable<T> | undefined, of: unknown, which: string): Live<T> {
  // oxlint-disable-next-line react/exhaustive-deps -- what is created depends on these two
  const source = useMemo(() => new ObservableSource(create()), [of, which]);
  return useSyncExternalStore<Live<T>>(source.subscribe, source.getSnapshot, loading);
}
