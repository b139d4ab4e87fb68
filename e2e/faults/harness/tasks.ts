/** Lets the tab do something else. Timers of a tab in the background fire once a second, this does at once. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Resolves when so many tabs have come to the same place, in all of them at nearly the same time. */
export function meet(place: string, tabs: number): Promise<void> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel('meet');
    const present = new Set<string>();
    const me = crypto.randomUUID();
    const say = (): void => channel.postMessage({ place, who: me, present: present.size });
    const note = (who: string): boolean => {
      const isNew = !present.has(who);
      present.add(who);
      if (present.size < tabs) return isNew;
      say();
      channel.close();
      resolve();
      return false;
    };
    channel.onmessage = ({ data }: MessageEvent<{ place: string; who: string }>) => {
      // Whoever came later has not heard of those before.
      if (data.place === place && note(data.who)) say();
    };
    if (note(me)) say();
  });
}
