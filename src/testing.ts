export { testStorage, type ConformanceOptions, type TestFramework } from './testing/storage-conformance.ts';
export type { Supports } from './testing/suite.ts';
export { given, type Given, type When } from './testing/given-when-then.ts';
