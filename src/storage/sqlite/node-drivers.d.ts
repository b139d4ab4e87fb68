// What the driver uses of the package, which is optional.
declare module 'better-sqlite3' {
  interface Statement {
    readonly reader: boolean;
    readonly readonly: boolean;
    run(...values: unknown[]): unknown;
    get(...values: unknown[]): unknown;
    iterate(...values: unknown[]): IterableIterator<unknown[]>;
    raw(): this;
    columns(): { readonly name: string }[];
  }
  export default class Database {
    constructor(file: string, options?: { readonly timeout?: number });
    exec(sql: string): this;
    prepare(sql: string): Statement;
    serialize(): Uint8Array;
    close(): this;
  }
}

declare module 'node:sqlite' {
  interface StatementSync {
    run(...values: unknown[]): unknown;
    get(...values: unknown[]): Record<string, unknown> | undefined;
    iterate(...values: unknown[]): IterableIterator<Record<string, unknown>>;
    columns(): { readonly name: string }[];
    setReturnArrays?(on: boolean): void;
  }
  export class DatabaseSync {
    constructor(file: string);
    exec(sql: string): void;
    prepare(sql: string): StatementSync;
    close(): void;
  }
}
