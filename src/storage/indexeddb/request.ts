/**
 * What a request gives, or its error. For a cursor it can be asked again after `continue()`. Awaited inside a transaction
 * it keeps the transaction alive, since promises settle before the browser looks for further requests.
 */
export function requested<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });
}

/**
 * Resolves when the transaction is committed; rejects with the reason when it was undone, and with an AbortError, which
 * leaves open what became of it, when the browser closed the connection.
 */
export function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    // Firefox calls a transaction that one of its requests undid after commit() merely aborted: the request knows why.
    let reason: DOMException | null = null;
    transaction.onerror = ({ target }) => {
      const { error } = target as IDBRequest;
      if (error?.name !== 'AbortError') reason ??= error;
    };
    const fail = (): void => reject(reason ?? transaction.error ?? new DOMException('', 'AbortError'));
    // Chromium never ends a transaction that is being committed when it closes the connection by force (site data cleared).
    const onClose = (): void => void setTimeout(fail);
    const { db } = transaction;
    db.addEventListener('close', onClose);
    const ended = (settle: () => void) => () => {
      db.removeEventListener('close', onClose);
      settle();
    };
    transaction.oncomplete = ended(resolve);
    transaction.onabort = ended(fail);
  });
}

/** Lets a transaction end without this tab, once all its requests are made. */
export function endAlone<T>(transaction: IDBTransaction, result: T): T {
  transaction.commit();
  return result;
}
