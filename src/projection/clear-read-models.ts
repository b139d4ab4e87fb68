import { listAllDocuments } from '../storage/list-all-documents.ts';
import type { DocumentLog } from '../storage/storage.ts';
import { TABLE_NAME } from '../storage/table-name.ts';
import { START } from './builds.ts';
import { layout } from './layout.ts';
import { readRegistry, type Registry } from './progress.ts';

/**
 * Deletes what all read models beside a log hold, for one whose events are erased. Each is left as a build that has seen
 * nothing: whoever still shows it shows that. Doing it again, or going on where it was interrupted, does no harm.
 */
export async function clearReadModels(documents: DocumentLog): Promise<void> {
  const { collection } = layout.registry('');
  for await (const { key } of listAllDocuments(documents, { collection })) if (!key.includes('/')) await clearReadModel(documents, key);
}

async function clearReadModel(documents: DocumentLog, name: string): Promise<void> {
  const key = layout.registry(name);
  const sql = documents.hasTables && TABLE_NAME.test(name);
  for (;;) {
    const found = (await readRegistry(documents, name))!;
    const { last, active, building, stale = [] } = found.value;
    const builds = [active.id, ...(building ? [building.id] : []), ...stale];
    const empty = { id: last + 1, version: active.version };
    // Without their checkpoints, nobody can write to them any more.
    const written = await documents.write({
      expect: [{ ...key, data: found.text }],
      puts: [{ ...key, data: JSON.stringify({ last: empty.id, active: empty, stale: builds } satisfies Registry) }, { ...layout.progress(name, empty.id), data: START }],
      deletes: builds.map((id) => layout.progress(name, id)),
      ...(sql && { tables: { projection: name, serve: empty.id } }),
    });
    if (!written) continue;
    for (const id of builds) {
      await documents.clear(layout.documents(name, id));
      if (sql) await documents.write({ tables: { projection: name, drop: id } });
    }
    return documents.clear(layout.skipped(name));
  }
}
