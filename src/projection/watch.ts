import { Observable } from 'rxjs';
import { isErmineError } from '../event/errors.ts';

/**
 * What a question gives, now and whenever it gives something else, in whichever tab that was made. However many changes
 * come in while it is being asked, it is asked once more. Errors with what the question fails with; completes at the end.
 *
 * @param changes$ emits when the answer may be another one
 * @param ask gives the answer, and a text that is the same for equal answers
 */
export function watch<T>(changes$: Observable<unknown>, ask: () => Promise<{ readonly text: string; readonly value: T }>): Observable<T> {
  return new Observable((subscriber) => {
    let last: string | undefined;
    let asking = false;
    let wanted = false;
    const look = async (): Promise<void> => {
      wanted = true;
      if (asking) return;
      asking = true;
      try {
        while (wanted && !subscriber.closed) {
          wanted = false;
          const { text, value } = await ask();
          if (text !== last && !subscriber.closed) {
            last = text;
            subscriber.next(value);
          }
        }
      } catch (error) {
        // A storage that is blocked for the moment is asked again with the next change, or the next slow look.
        if (isErmineError(error, 'STORAGE_BLOCKED')) return;
        if (isErmineError(error, 'STORE_CLOSED')) subscriber.complete();
        else subscriber.error(error);
      } finally {
        asking = false;
      }
    };
    subscriber.add(changes$.subscribe({ next: () => void look(), complete: () => subscriber.complete() }));
    void look();
  });
}
