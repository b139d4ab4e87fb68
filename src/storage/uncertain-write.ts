/** What an error says of a write of documents of which nobody knows any more whether it was done, see `DocumentLog.write`. */
export const UNCERTAIN_WRITE = 'The answer to a write of documents was lost, and they have changed since: read them again.';
