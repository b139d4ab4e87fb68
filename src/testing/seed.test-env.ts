/** The seed of the random tests, to repeat a run that failed, in Node and in browsers: `VITE_SEED=42 npx vitest run`. */
export function seedOfRun(): number | undefined {
  const { env } = import.meta as { readonly env?: Readonly<Record<string, string | undefined>> };
  const seed = env?.['VITE_SEED'];
  return seed === undefined ? undefined : Number(seed);
}
