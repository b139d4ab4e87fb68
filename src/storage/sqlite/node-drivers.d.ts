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
    close(): this;
  }
}

declare module 'node:sqlite' {
  type Row = (string | number | bigint | null | Uint8Array)[];
  export class StatementSync {
    readonly sourceSQL: string;
    get(...values: unknown[]): Row | undefined;
    iterate(...values: unknown[]): IterableIterator<Row>;
    columns(): { readonly name: string }[];
    setReturnArrays(on: boolean): void;
    setReadBigInts(on: boolean): void;
  }
  export class DatabaseSync {
    constructor(file: string, options?: { readonly timeout?: number });
    exec(sql: string): void;
    prepare(sql: string): StatementSync;
    close(): void;
  }
}
