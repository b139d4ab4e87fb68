/** A function that SQLite calls; its values are 32 bits wide, or 64 (`j`), and its result 32. */
export type Callback = readonly [parameters: string, call: (...values: never[]) => number];

const [TYPES, IMPORTS, EXPORTS] = [1, 2, 7];
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const VALUES: Readonly<Record<string, number>> = { i: 0x7f, j: 0x7e };

/** A number in seven bits a byte, as WebAssembly has lengths. */
const leb = (value: number): number[] => (value < 128 ? [value] : [(value % 128) | 128, ...leb(Math.floor(value / 128))]);
const section = (id: number, entries: readonly (readonly number[])[]): number[] => {
  const body = [...leb(entries.length), ...entries.flat()];
  return [id, ...leb(body.length), ...body];
};
const letter = (i: number): number[] => [1, 0x61 + i];

/**
 * Makes functions of JavaScript ones that SQLite calls, by the number that each gets in its table. A table takes functions of
 * WebAssembly only, so they go through a module that imports them and gives them out again.
 *
 * @param callbacks at most 26
 */
export function addFunctions<Name extends string>(table: WebAssembly.Table, callbacks: Readonly<Record<Name, Callback>>): Readonly<Record<Name, number>> {
  const all = Object.entries<Callback>(callbacks);
  const types = all.map(([, [parameters]]) => [0x60, parameters.length, ...[...parameters].map((value) => VALUES[value]!), 1, VALUES['i']!]);
  const imports = all.map((_, i) => [1, 0x6a, ...letter(i), 0, i]);
  const exported = all.map((_, i) => [...letter(i), 0, i]);
  const module = new WebAssembly.Module(new Uint8Array([...HEADER, ...section(TYPES, types), ...section(IMPORTS, imports), ...section(EXPORTS, exported)]));
  const j = Object.fromEntries(all.map(([, [, call]], i) => [String.fromCharCode(...letter(i).slice(1)), call]));
  const { exports } = new WebAssembly.Instance(module, { j });
  const first = table.grow(all.length);
  Object.values(exports).forEach((call, i) => table.set(first + i, call));
  return Object.fromEntries(all.map(([name], i) => [name, first + i])) as Record<Name, number>;
}
