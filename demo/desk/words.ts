const numbers = new Intl.NumberFormat('en-GB');
const percents = new Intl.NumberFormat('en-GB', { style: 'percent' });
const times = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Europe/Amsterdam' });
const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'Europe/Amsterdam' });
const MAX_DATE_MS = 8.64e15;

export function formatNumber(value: number): string {
  return numbers.format(value);
}

export function formatShare(share: number): string {
  return percents.format(share);
}

/** Date and time at the desk, in the Netherlands, of milliseconds since 1970. */
export function formatTime(timestamp: number | undefined): string {
  return format(times, timestamp);
}

/** A day, of milliseconds since 1970 or of an ISO 8601 text. */
export function formatDay(time: number | string | undefined): string {
  return format(days, typeof time === 'string' ? Date.parse(time) : time);
}

/** An event from any file may have a time that no calendar has. */
function format(words: Intl.DateTimeFormat, timestamp: number | undefined): string {
  return timestamp === undefined || Number.isNaN(timestamp) || Math.abs(timestamp) > MAX_DATE_MS ? '–' : words.format(timestamp);
}

/** The same for `<time dateTime>`; undefined for a time that no calendar has. */
export function isoTime(timestamp: number): string | undefined {
  return Math.abs(timestamp) > MAX_DATE_MS ? undefined : new Date(timestamp).toISOString();
}

export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${numbers.format(Number((bytes / 1000 ** power).toPrecision(3)))} ${units[power]}`;
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}
