/**
 * Brings the data of events as they were stored to a later shape, when they are read; what is stored stays as it is. It is
 * synchronous and pure. Upcasters form chains that lead to the events of the registry: a hole or a circle is refused when
 * the store opens.
 *
 * @example
 * // Since version 2 an order has lines.
 * { type: 'OrderPlaced', schemaVersion: 1, upcast: (data: { sku: string }) => ({ lines: [{ sku: data.sku, quantity: 1 }] }) }
 */
export interface Upcaster {
  /** Type and schema version of the events it takes. */
  readonly type: string;
  readonly schemaVersion: number;
  /** What it makes of them; default the next schema version of the same type. */
  readonly to?: { readonly type?: string; readonly schemaVersion?: number };
  upcast(data: unknown, event: UpcastEvent): unknown;
}

/** The event whose data is brought up. */
export interface UpcastEvent {
  readonly id: string;
  readonly streamId: { readonly category: string; readonly id: string };
  /** In milliseconds since 1970. */
  readonly timestamp: number;
}

/** A type and schema version of events. */
export interface EventShape {
  readonly type: string;
  readonly schemaVersion: number;
}

/** What an upcaster makes. */
export function targetOf({ type, schemaVersion, to }: Upcaster): EventShape {
  return { type: to?.type ?? type, schemaVersion: to?.schemaVersion ?? (to?.type === undefined ? schemaVersion + 1 : 1) };
}

/** A name for a type and schema version, such as `OrderPlaced@2`. */
export function shapeName({ type, schemaVersion }: EventShape): string {
  return `${type}@${schemaVersion}`;
}

/** The steps from each stored shape to a current one, by {@link shapeName}, or why they lead nowhere. */
export function chainUpcasters(
  upcasters: readonly Upcaster[],
  current: ReadonlyMap<string, number>,
): { readonly chains: ReadonlyMap<string, readonly Upcaster[]>; readonly problem?: string } {
  const byShape = new Map<string, Upcaster>();
  const isCurrent = ({ type, schemaVersion }: EventShape): boolean => current.get(type) === schemaVersion;
  const chains = new Map<string, readonly Upcaster[]>();
  const failed = (problem: string): { readonly chains: typeof chains; readonly problem: string } => ({ chains, problem });

  for (const upcaster of upcasters) {
    const name = shapeName(upcaster);
    if (byShape.has(name)) return failed(`two upcasters take ${name}: keep one`);
    byShape.set(name, upcaster);
  }
  for (const [name, first] of byShape) {
    const chain = [first];
    const seen = new Set([name]);
    for (;;) {
      const target = targetOf(chain.at(-1)!);
      const next = byShape.get(shapeName(target));
      if (seen.has(shapeName(target))) return failed(`the upcasters of ${name} go in a circle: ${[...seen, shapeName(target)].join(' → ')}`);
      if (!next && !isCurrent(target)) {
        return failed(`the upcasters of ${name} end at ${shapeName(target)}, which is not in the registry: add the next upcaster, or register it`);
      }
      if (!next) break;
      seen.add(shapeName(target));
      chain.push(next);
    }
    chains.set(name, chain);
  }
  for (const [type, schemaVersion] of current) {
    if (byShape.has(shapeName({ type, schemaVersion }))) return failed(`${shapeName({ type, schemaVersion })} is current, but an upcaster takes it`);
    for (let version = 1; version < schemaVersion; version++) {
      const name = shapeName({ type, schemaVersion: version });
      if (!byShape.has(name)) return failed(`no upcaster takes ${name}, and ${type} is at schema version ${schemaVersion}: add one`);
    }
  }
  return { chains };
}
