import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Loads for the latest value, one load after the other; values that are overtaken while one is under way are left out.
 * Unlike with `switchMap`, a source that never rests keeps nobody waiting.
 */
export function loadLatest<T, R>(load: (value: T) => Promise<R>): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      let latest: { readonly value: T } | undefined;
      let loading = false;
      let completed = false;
      const run = async (): Promise<void> => {
        loading = true;
        try {
          while (latest && !subscriber.closed) {
            const { value } = latest;
            latest = undefined;
            subscriber.next(await load(value));
          }
          if (completed) subscriber.complete();
        } catch (error) {
          subscriber.error(error);
        }
        loading = false;
      };
      return source.subscribe({
        next(value) {
          latest = { value };
          if (!loading) void run();
        },
        error: (error) => subscriber.error(error),
        complete() {
          completed = true;
          if (!loading) subscriber.complete();
        },
      });
    });
}
