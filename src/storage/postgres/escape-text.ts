/** Marks an escape in {@link toStorableText}; of the private use area, so that hardly any text holds it. */
const MARK = '\uE000';

/** What PostgreSQL's text cannot hold: NUL and lone surrogates; and the mark itself. */
const UNSTORABLE = /[\0\uE000]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** The same text for all but a very few; of those, one that PostgreSQL can hold and {@link fromStorableText} turns back. */
export function toStorableText(text: string): string {
  return text.replace(UNSTORABLE, (unit) => MARK + hex4(unit));
}

export function fromStorableText(text: string): string {
  return text.includes(MARK) ? text.replace(/\uE000(.{4})/g, (_, hex: string) => unit(hex)) : text;
}

/**
 * A text of printable ASCII whose order by bytes is the order of the original's UTF-16 units: what is between `"` and `}`
 * stays as it is, any other unit is four hex digits after `!` (below all that stays) or `~` (above). The order of UTF-8,
 * which PostgreSQL has, is another one beyond U+FFFF.
 */
export function toOrderedText(text: string): string {
  return text.replace(/[^"-}]/g, (unit) => (unit < '"' ? '!' : '~') + hex4(unit));
}

export function fromOrderedText(text: string): string {
  return text.replace(/[!~](.{4})/g, (_, hex: string) => unit(hex));
}

/** After every ordered text. */
export const LAST_ORDERED = '~~';

function hex4(unit: string): string {
  return unit.charCodeAt(0).toString(16).padStart(4, '0');
}

function unit(hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}
