import { useSyncExternalStore } from 'react';

export type Route = { readonly page: 'desk' } | { readonly page: 'case'; readonly name: string } | { readonly page: 'data' | 'read-models' };

export const DESK_HREF = '#/';
export const DATA_HREF = '#/data';
export const READ_MODELS_HREF = '#/read-models';

export function caseHref(name: string): string {
  return `#/case/${encodeURIComponent(name)}`;
}

/** The page that the address names; what it does not understand is the desk. */
export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => location.hash));
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

function parseRoute(hash: string): Route {
  if (hash === DATA_HREF) return { page: 'data' };
  if (hash === READ_MODELS_HREF) return { page: 'read-models' };
  const name = /^#\/case\/(.+)$/.exec(hash)?.[1];
  try {
    return name ? { page: 'case', name: decodeURIComponent(name) } : { page: 'desk' };
  } catch {
    return { page: 'desk' };
  }
}
