import { wasmImports } from './wasm-imports.ts';
import { WasmMemory, type WasmExports } from './wasm-memory.ts';

/** SQLite, compiled to WebAssembly, ready to be called. */
export interface WasmSqlite {
  readonly exports: WasmExports;
  /** Where functions have numbers, by which SQLite calls them. */
  readonly table: WebAssembly.Table;
  readonly memory: WasmMemory;
}

/** As the official package was built. */
const PAGES = { initial: 128, maximum: 32_768 };

/**
 * Starts the `sqlite3.wasm` of the official package, without the JavaScript that comes with it: that is five times as much as
 * all of Ermine, and most of the time that a start takes.
 */
export async function startSqlite(module: WebAssembly.Module): Promise<WasmSqlite> {
  const heap = new WebAssembly.Memory(PAGES);
  const { exports: all } = await WebAssembly.instantiate(module, wasmImports(module, heap));
  const exports = all as unknown as WasmExports;
  exports.__wasm_call_ctors();
  const table = exports.__indirect_function_table;
  const free = table.grow(1);
  table.set(free, exports.sqlite3_free);
  return { exports, table, memory: new WasmMemory(exports, heap, free) };
}
