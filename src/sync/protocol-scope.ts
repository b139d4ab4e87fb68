import { categoryOf, checkCategory, streamIdToString } from '../event/stream-id.ts';
import type { Scope } from './protocol.ts';

/** Whether a stream belongs to a scope; to an absent one every stream does. */
export function inScope(scope: Scope | undefined, stream: string): boolean {
  if (!scope) return true;
  return (scope.categories?.includes(categoryOf(stream)) || scope.streams?.includes(stream)) ?? false;
}

/** The same for many streams: a scope may name ten thousand. It is of what the scope is now. */
export function scopeTest(scope: Scope | undefined): (stream: string) => boolean {
  if (!scope) return () => true;
  const [categories, streams] = [new Set(scope.categories), new Set(scope.streams)];
  return (stream) => categories.has(categoryOf(stream)) || streams.has(stream);
}

/** The same scope, however it was written. @throws {InvalidStreamIdError} when a name cannot be one */
export function normalizeScope(scope: Scope | undefined): Scope | undefined {
  if (!scope) return undefined;
  const categories = new Set(scope.categories?.map(checkCategory));
  const streams = [...new Set(scope.streams?.map(streamIdToString))].sort();
  return { categories: [...categories].sort(), streams: streams.filter((stream) => !categories.has(categoryOf(stream))) };
}

/** The streams that are in both. */
export function intersectScopes(a: Scope | undefined, b: Scope | undefined): Scope | undefined {
  if (!a || !b) return a ?? b;
  const both = (one: Scope, other: Scope): Scope => {
    const categories = new Set(other.categories);
    return { categories: one.categories?.filter((category) => categories.has(category)) ?? [], streams: one.streams?.filter(scopeTest(other)) ?? [] };
  };
  const [left, right] = [both(a, b), both(b, a)];
  return normalizeScope({ categories: left.categories ?? [], streams: [...(left.streams ?? []), ...(right.streams ?? [])] });
}
