import { errorWords } from '../log/error-words.ts';

/** An error in words, announced at once. */
export function ErrorNotice({ error, canReload = false }: { readonly error: unknown; readonly canReload?: boolean }) {
  const { title, advice } = errorWords(error);
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
