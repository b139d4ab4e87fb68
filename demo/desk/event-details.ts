/** The data of an event may come from any file, so nothing is taken for granted: what is not text is as good as absent. */
export function textAt(data: unknown, ...path: readonly string[]): string {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return '';
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' ? value : '';
}

/** What the first event of a case says of the request. */
export interface CaseDetails {
  readonly responsible: string;
  readonly department: string;
  readonly channel: string;
  /** ISO 8601, empty when it is not said. */
  readonly deadline: string;
}

export function caseDetails(data: unknown): CaseDetails {
  return {
    responsible: textAt(data, 'case', 'responsible'),
    department: textAt(data, 'case', 'department'),
    channel: textAt(data, 'case', 'channel'),
    deadline: textAt(data, 'case', 'deadline'),
  };
}
