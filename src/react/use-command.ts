import { useInsertionEffect, useMemo, useState, useSyncExternalStore } from 'react';

/** How the last call of a command is doing. */
export type CommandState<Result> =
  | { readonly state: 'idle' | 'running'; readonly result: undefined; readonly error: undefined }
  | { readonly state: 'done'; readonly result: Result; readonly error: undefined }
  | { readonly state: 'failed'; readonly result: undefined; readonly error: unknown };

/** What one call of a command came to. */
export type CommandOutcome<Result> = { readonly ok: true; readonly result: Result } | { readonly ok: false; readonly error: unknown };

/** How the last call of a command is doing, and the function that calls it. */
export type Command<Args extends readonly unknown[], Result> = CommandState<Result> & {
  /** Never rejects: what went wrong is in its outcome, and in `error`. The same function at each render. */
  readonly run: (...args: Args) => Promise<CommandOutcome<Result>>;
  /** Forgets the last outcome. */
  readonly reset: () => void;
};

const IDLE = { state: 'idle', result: undefined, error: undefined } as const;
const RUNNING = { state: 'running', result: undefined, error: undefined } as const;
const idle = (): typeof IDLE => IDLE;

/**
 * Calls a command, such as an append, and shows how the last call is doing. When calls overlap, each one has its outcome,
 * and the state is that of the last one begun.
 *
 * @example const ship = useCommand((id: string) => store.appendToStream(id, StreamExists, [{ type: 'OrderShipped', data: {} }]));
 */
export function useCommand<Args extends readonly unknown[], Result>(command: (...args: Args) => Promise<Result> | Result): Command<Args, Result> {
  const [calls] = useState(() => new Calls<Args, Result>(command));
  useInsertionEffect(() => calls.use(command));
  const state = useSyncExternalStore<CommandState<Result>>(calls.subscribe, calls.getSnapshot, idle);
  return useMemo(() => ({ ...state, run: calls.run, reset: calls.reset }), [state, calls]);
}

class Calls<Args extends readonly unknown[], Result> {
  #command: (...args: Args) => Promise<Result> | Result;
  readonly #listeners = new Set<() => void>();
  #state: CommandState<Result> = IDLE;
  #last = 0;

  constructor(command: (...args: Args) => Promise<Result> | Result) {
    this.#command = command;
  }

  /** The command as the last render has it, with what that has closed over. */
  use(command: (...args: Args) => Promise<Result> | Result): void {
    this.#command = command;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): CommandState<Result> => this.#state;

  readonly run = async (...args: Args): Promise<CommandOutcome<Result>> => {
    const call = ++this.#last;
    this.#set(RUNNING);
    try {
      const result = await this.#command(...args);
      if (call === this.#last) this.#set({ state: 'done', result, error: undefined });
      return { ok: true, result };
    } catch (error) {
      if (call === this.#last) this.#set({ state: 'failed', result: undefined, error });
      return { ok: false, error };
    }
  };

  readonly reset = (): void => {
    this.#last++;
    this.#set(IDLE);
  };

  #set(state: CommandState<Result>): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}
