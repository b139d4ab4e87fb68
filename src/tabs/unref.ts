/** In Node, lets the process end although this timer or channel is open. */
export function unref(resource: unknown): void {
  if (typeof resource === 'object' && resource !== null && 'unref' in resource && typeof resource.unref === 'function') {
    resource.unref();
  }
}
