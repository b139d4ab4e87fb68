type Environment = ImportMeta & { readonly env?: Readonly<Record<string, string | undefined>> };

/** The seed of the random tests, to repeat a run that failed, in Node and in browsers: `VITE_SEED=42 npx vitest run`. */
export function seedOfRun(): number | undefined {
  // Vite looks for these very words, `import.meta.env`, once the types are gone.
  const seed = (import.meta as Environment).env?.['VITE_SEED'];
  return seed === undefined ? undefined : Number(seed);
}
