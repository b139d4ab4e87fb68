import { errorWords, type ErrorWords } from '../log/error-words.ts';

interface Props {
  readonly error: unknown;
  readonly canReload?: boolean;
  /** In place of the error's own words. */
  readonly words?: ErrorWords | undefined;
}

/** An error in words, announced at once. */
export function ErrorNotice({ error, canReload = false, words = errorWords(error) }: Props) {
  const { title, advice } = words;
  return (
    <div className="notice notice-danger" role="alert">
      <p>
        <strong>{title}.</strong> {advice}
      </p>
      {canReload && (
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      )}
    </div>
  );
}
