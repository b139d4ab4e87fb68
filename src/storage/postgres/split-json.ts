/**
 * The elements of a JSON array as the very text they were written in. To parse them and write them again would lose what
 * JavaScript cannot hold (1e400, 12345678901234567890), and PostgreSQL's own functions refuse a `\u0000` in a string.
 *
 * @throws {SyntaxError} when the text is no array
 */
export function splitJsonArray(text: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let start = 0;
  const finish = (end: number): void => {
    const element = text.slice(start, end).trim();
    if (element !== '') elements.push(element);
  };
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (depth++ === 0) start = i + 1;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (--depth === 0) {
          finish(i);
          return elements;
        }
        break;
      case 0x2c: // ,
        if (depth === 1) {
          finish(i);
          start = i + 1;
        }
    }
  }
  throw new SyntaxError('The text is not a JSON array.');
}

/** Index of the quotation mark that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  throw new SyntaxError('A string of the JSON text does not end.');
}
