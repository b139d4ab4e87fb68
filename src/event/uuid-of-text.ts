/**
 * A UUID (version 8, RFC 9562) that is the same for the same text.
 *
 * @param hash of 53 bits, see `hash53`; handed over, not imported, see decision 5
 */
export function uuidOfText(text: string, hash: (text: string, seed: number) => number): string {
  const [a, b, c] = [1, 2, 3].map((seed) => hash(text, seed).toString(16).padStart(14, '0')) as [string, string, string];
  return `${a.slice(-8)}-${b.slice(-4)}-8${b.slice(-7, -4)}-8${b.slice(-10, -7)}-${c.slice(-12)}`;
}
