// What the export uses of Node, for the build, which has no types of Node. Everywhere else they are there.
declare module 'node:fs' {
  export function mkdtempSync(prefix: string): string;
  export function readFileSync(file: string): Uint8Array;
  export function rmSync(path: string, options?: { readonly recursive?: boolean }): void;
}

declare module 'node:os' {
  export function tmpdir(): string;
}

declare module 'node:path' {
  export function join(...parts: string[]): string;
}
