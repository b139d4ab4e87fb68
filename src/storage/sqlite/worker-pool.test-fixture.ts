/** Workers that have closed their database and are ready for another one: loading one takes longer than most tests. */
const idle: Worker[] = [];

/** A worker like one that has just been started; one that is ended after it has closed goes back to the others. */
export function borrowWorker(): Worker {
  const worker = idle.pop() ?? new Worker(new URL('./sqlite-worker.ts', import.meta.url), { type: 'module' });
  let closed = false;
  const onMessage = ({ data }: MessageEvent<{ is: string }>): void => void (closed = data.is === 'closed');
  worker.addEventListener('message', onMessage);
  const end = worker.terminate.bind(worker);
  worker.terminate = () => {
    worker.removeEventListener('message', onMessage);
    Reflect.deleteProperty(worker, 'terminate');
    worker.onmessage = null;
    worker.onerror = null;
    if (closed) idle.push(worker);
    else end();
  };
  return worker;
}
