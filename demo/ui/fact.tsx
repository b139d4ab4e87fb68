interface Props {
  readonly name: string;
  /** Empty when there is none, undefined until it is known. */
  readonly value: string | undefined;
}

/** A name and its value, in a `<dl>`. */
export function Fact({ name, value }: Props) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value === undefined ? '…' : value || '–'}</dd>
    </div>
  );
}
