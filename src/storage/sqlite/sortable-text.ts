/**
 * SQLite compares text by code points, the port by UTF-16 units; they differ where surrogates meet units above them. Here
 * each unit from U+D800 on is moved up by 0x10000, into whole characters in the order of the units, which also keeps lone
 * surrogates. Other text, nearly all of it, stays as it is.
 */
export function toSortable(text: string): string {
  return text.replace(/[\ud800-\uffff]/g, (unit) => String.fromCodePoint(unit.charCodeAt(0) + 0x10000));
}

/** The text that {@link toSortable} was given. */
export function fromSortable(text: string): string {
  return text.replace(/[\u{10000}-\u{1ffff}]/gu, (character) => String.fromCharCode(character.codePointAt(0)! - 0x10000));
}
