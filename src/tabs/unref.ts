/** In Node, lets the process end although this timer or channel is open. */
export function unref(resource: unknown): void {
  (Object(resource) as { readonly unref?: () => void }).unref?.();
}
