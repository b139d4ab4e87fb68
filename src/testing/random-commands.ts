import type * as FastCheck from 'fast-check';

const STREAMS = ['A-1', 'A-2', 'AB-1', 'A-1-1'];

/** What an append expects: a constant, or the stream's version and so much. */
export type Expectation = 'AnyVersion' | 'NoStream' | 'StreamExists' | number;

export interface WriteCommand {
  readonly stream: string;
  readonly expectation: Expectation;
  readonly events: number;
}

export type Command =
  | { readonly do: 'append'; readonly handle: number; readonly writes: readonly WriteCommand[]; readonly given: boolean }
  | { readonly do: 'repeat'; readonly handle: number; readonly which: number; readonly how: 'same' | 'less' | 'more' | 'turned' | 'elsewhere' }
  | { readonly do: 'delete'; readonly handle: number; readonly stream: string; readonly expectation: Expectation }
  | { readonly do: 'truncate'; readonly handle: number; readonly stream: string; readonly before: number }
  | { readonly do: 'read'; readonly handle: number; readonly stream: string; readonly from: number; readonly count: number }
  | { readonly do: 'reopen'; readonly handle: number };

/** Random commands, mostly appends that are accepted, as a log has to become long enough to be of interest. */
export function commands(fc: typeof FastCheck): FastCheck.Arbitrary<Command[]> {
  const handle = fc.constantFrom(0, 1);
  const stream = fc.constantFrom(...STREAMS);
  const expectation: FastCheck.Arbitrary<Expectation> = fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.constantFrom<Expectation>('AnyVersion', 'NoStream', 'StreamExists') },
    { weight: 1, arbitrary: fc.constantFrom<Expectation>(-1, 1, 2) },
  );
  const size = fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 1, max: 4 }) }, { weight: 1, arbitrary: fc.constantFrom(100, 256, 257, 300) });
  const write = fc.record({ stream, expectation, events: size });
  const severalWrites = fc.uniqueArray(fc.record({ stream, expectation, events: fc.oneof(size, fc.constant(0)) }), {
    minLength: 2,
    maxLength: 4,
    selector: (each) => each.stream,
  });
  const given = fc.boolean();
  const command = fc.oneof<[FastCheck.WeightedArbitrary<Command>, ...FastCheck.WeightedArbitrary<Command>[]]>(
    { weight: 10, arbitrary: fc.record({ do: fc.constant('append' as const), handle, writes: fc.tuple(write), given }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), handle, writes: severalWrites, given }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('repeat' as const), handle, which: fc.nat(50), how: fc.constantFrom('same' as const, 'same' as const, 'less' as const, 'more' as const, 'turned' as const, 'elsewhere' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), handle, stream, expectation }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), handle, stream, before: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 400 })) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), handle, stream, from: fc.integer({ min: 1, max: 40 }), count: fc.integer({ min: 0, max: 300 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), handle }) },
  );
  return fc.array(command, { minLength: 1, maxLength: 30, size: 'max' });
}
