import type { ReactNode } from 'react';

interface Props {
  readonly label: string;
  readonly children: ReactNode;
}

/** A part of the page that scrolls by itself, with the keyboard as well. */
export function Scroller({ label, children }: Props) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- In some browsers arrow keys scroll only what has the focus.
    <section className="scroller" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
