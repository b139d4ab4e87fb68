import { isErmineError, type ErrorCode } from 'ermine';
import { OtherTabError } from './tab-lock.ts';

/** What a person is told of an error, and what they can do. */
export interface ErrorWords {
  readonly title: string;
  readonly advice: string;
}

const WORDS: { readonly [Code in ErrorCode]?: ErrorWords } = {
  STORAGE_UNAVAILABLE: {
    title: 'This browser does not let the page keep data',
    advice:
      'The page keeps its log in the browser. In a private window, with site data switched off, or on a full disk that is refused. Open the page in a normal window, or free some space, and reload.',
  },
  STORAGE_BLOCKED: {
    title: 'Another tab holds the log',
    advice: 'A tab of this page is busy or asleep. Close or reload the other tabs, then try again; a step is never written twice.',
  },
  STORAGE_FULL: {
    title: 'There is no space left',
    advice: 'Nothing was written, and the log is as it was. Free some disk space, then try again.',
  },
  EPOCH_CHANGED: {
    title: 'This log is gone',
    advice: 'The desk was started over in another tab, or the site’s data was cleared. Reload the page to see the new one.',
  },
  VERSION_TOO_NEW: { title: 'A newer version of this page is open', advice: 'It has upgraded the log. Reload this tab to get the same version; no event is lost.' },
  STORE_CLOSED: { title: 'The log is closed', advice: 'Reload the page to open it again.' },
  STREAM_DELETED: { title: 'This case was deleted', advice: 'Nothing can be added to it any more.' },
  EVENT_TOO_LARGE: { title: 'An event is too large', advice: 'Nothing of its batch was written. Make it smaller, then try again.' },
};

/** Words by the error's code; its own message where there are none. */
export function errorWords(error: unknown): ErrorWords {
  if (isErmineError(error, 'INVALID_IMPORT')) return { title: 'This file cannot be imported', advice: error.message };
  if (isErmineError(error, 'INVALID_QUERY')) return { title: 'This question was not answered', advice: error.message };
  if (error instanceof OtherTabError) {
    return { title: 'The desk is open in another tab as well', advice: 'Close its other tabs, then try again. Nothing was changed.' };
  }
  const words = isErmineError(error) ? WORDS[error.code] : undefined;
  return words ?? { title: 'Something went wrong', advice: error instanceof Error ? error.message : String(error) };
}
