/** The shape of a message, as data: it is hashed by a test, so that no shape changes without the protocol's version. */
export type Schema =
  | 'text'
  | 'count'
  | 'version'
  | 'time'
  | 'flag'
  | 'json'
  | { readonly words: readonly string[] }
  | { readonly list: Schema; readonly most: number }
  | { readonly tuple: readonly Schema[] }
  /** A name that ends with `?` may be absent. */
  | { readonly object: Readonly<Record<string, Schema>> };

/** What a value of a schema is. */
export type Shape<S> = S extends 'text'
  ? string
  : S extends 'count' | 'version' | 'time'
    ? number
    : S extends 'flag'
      ? boolean
      : S extends 'json'
        ? unknown
        : S extends { words: readonly (infer Word)[] }
          ? Word
          : S extends { list: infer Item }
            ? readonly Shape<Item>[]
            : S extends { tuple: infer Items }
              ? { readonly [I in keyof Items]: Shape<Items[I]> }
              : S extends { object: infer Fields }
                ? { readonly [K in keyof Fields as K extends `${string}?` ? never : K]: Shape<Fields[K]> } & {
                    readonly [K in keyof Fields as K extends `${infer Name}?` ? Name : never]?: Shape<Fields[K]>;
                  }
                : never;

const MAX_TEXT_UNITS = 1_000;

/** A message that does not have the shape that it must have; the error says where. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/**
 * A checked copy of a value that came from elsewhere. Fields that the schema does not name are left out, so that a newer
 * peer may send more.
 *
 * @throws {MalformedMessage}
 */
export function readShape<const S extends Schema>(schema: S, value: unknown, path = 'message'): Shape<S> {
  return read(schema, value, path) as Shape<S>;
}

function read(schema: Schema, value: unknown, path: string): unknown {
  const fail = (rule: string): never => {
    throw new MalformedMessage(`${path} ${rule}`);
  };
  switch (schema) {
    case 'json':
      return value;
    case 'text':
      return typeof value === 'string' && value.length <= MAX_TEXT_UNITS ? value : fail('is not a short text');
    case 'flag':
      return typeof value === 'boolean' ? value : fail('is not true or false');
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 0 ? value : fail('is not a whole number from 0');
    case 'time':
      return Number.isFinite(value) ? value : fail('is not a number');
    case 'version':
      return Number.isSafeInteger(value) && (value as number) >= -2 ? value : fail('is not an expected version');
  }
  if ('words' in schema) return schema.words.includes(value as string) ? value : fail(`is none of ${schema.words.join(', ')}`);
  if ('object' in schema) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('is not an object');
    const fields: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(schema.object)) {
      const key = name.replace('?', '');
      const member = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
      if (member !== undefined) fields[key] = read(field, member, `${path}.${key}`);
      else if (key === name) fail(`has no ${key}`);
    }
    return fields;
  }
  if (!Array.isArray(value)) return fail('is not a list');
  if ('tuple' in schema) {
    if (value.length !== schema.tuple.length) return fail(`does not have ${schema.tuple.length} members`);
    return schema.tuple.map((item, i) => read(item, value[i], `${path}[${i}]`));
  }
  if (value.length > schema.most) return fail(`has more than ${schema.most} members`);
  return value.map((item, i) => read(schema.list, item, `${path}[${i}]`));
}
