import { Observable, type OperatorFunction } from 'rxjs';

/** A hidden page gets no animation frames; it is brought up to date this often, in milliseconds. */
const HIDDEN_FLUSH_MS = 250;

/** Gathers what comes in between two frames of the screen, so that a burst of events is drawn once and not once each. */
export function bufferFrames<T>(): OperatorFunction<T, readonly T[]> {
  return (source) =>
    new Observable((subscriber) => {
      let buffer: T[] = [];
      let frame = 0;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const unschedule = (): void => {
        cancelAnimationFrame(frame);
        clearTimeout(timer);
      };
      const flush = (): void => {
        unschedule();
        const values = buffer;
        buffer = [];
        if (values.length > 0) subscriber.next(values);
      };
      const subscription = source.subscribe({
        next(value) {
          if (buffer.push(value) > 1) return;
          frame = requestAnimationFrame(flush);
          timer = setTimeout(flush, HIDDEN_FLUSH_MS);
        },
        error(error) {
          flush();
          subscriber.error(error);
        },
        complete() {
          flush();
          subscriber.complete();
        },
      });
      return () => {
        subscription.unsubscribe();
        unschedule();
      };
    });
}
