import { categoryOf, checkCategory, streamIdToString } from '../event/stream-id.ts';
import type { Scope } from './protocol.ts';

/** Whether a stream belongs to a scope; to an absent one every stream does. */
export function inScope(scope: Scope | undefined, stream: string): boolean {
  if (!scope) return true;
  return (scope.categories?.includes(categoryOf(stream)) || scope.streams?.includes(stream)) ?? false;
}

/** The same scope, however it was written. @throws {InvalidStreamIdError} when a name cannot be one */
export function normalizeScope(scope: Scope | undefined): Scope | undefined {
  if (!scope) return undefined;
  const categories = [...new Set(scope.categories?.map(checkCategory))].sort();
  const streams = [...new Set(scope.streams?.map(streamIdToString))].sort();
  return { categories, streams: streams.filter((stream) => !categories.includes(categoryOf(stream))) };
}

/** The streams that are in both. */
export function intersectScopes(a: Scope | undefined, b: Scope | undefined): Scope | undefined {
  if (!a || !b) return a ?? b;
  const both = (one: Scope, other: Scope): Scope => ({
    categories: one.categories?.filter((category) => other.categories?.includes(category)) ?? [],
    streams: one.streams?.filter((stream) => inScope(other, stream)) ?? [],
  });
  const [left, right] = [both(a, b), both(b, a)];
  return normalizeScope({ categories: left.categories ?? [], streams: [...(left.streams ?? []), ...(right.streams ?? [])] });
}
