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
 * A text of ASCII whose order by bytes is the order of the original's UTF-16 units: plain ASCII stays as it is, any other
 * unit is `~` and four hex digits, and the two lowest, which text cannot hold or which mark them, are told by a mark below
 * all others. The order of UTF-8, which PostgreSQL has, is another one beyond U+FFFF.
 */
export function toOrderedText(text: string): string {
  return text.replace(/[^\x02-\x7d]/g, (unit) => (unit === '\0' ? '\x01\x01' : unit === '\x01' ? '\x01\x02' : `~${hex4(unit)}`));
}

export function fromOrderedText(text: string): string {
  return text.replace(/\x01([^])|~(.{4})/g, (_, low: string | undefined, hex: string) => (low === undefined ? unit(hex) : low === '\x01' ? '\0' : '\x01'));
}

function hex4(unit: string): string {
  return unit.charCodeAt(0).toString(16).padStart(4, '0');
}

function unit(hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}
