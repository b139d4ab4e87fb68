import { openEventStore } from 'ermine';
import { sqliteStorage } from 'ermine/sqlite';
import { storeOn } from './ermine.js';
import { removeFolder } from '../opfs.js';

export const sqlite = (durability) => async (name) => {
  const store = await openEventStore({ storage: sqliteStorage({ name, durability, persist: false }) });
  return { ...storeOn(store), remove: () => removeFolder(['ermine-sqlite', name]) };
};
