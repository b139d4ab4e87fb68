import { useState } from 'react';
import type { CaseQuery } from '../desk/find-cases.ts';
import { STAGES } from '../desk/stages.ts';
import { readPreference, writePreference } from '../log/preferences.ts';

const TEXT = 'permit-desk:search';
const STAGE = 'permit-desk:stage';

/** What the list is narrowed to. Each tab keeps its own, while it shows another page and when it is reloaded. */
export function useCaseQuery(): [query: CaseQuery, choose: (query: CaseQuery) => void] {
  const [query, setQuery] = useState(keptQuery);
  const choose = (chosen: CaseQuery): void => {
    writePreference('session', TEXT, chosen.text);
    writePreference('session', STAGE, chosen.stage);
    setQuery(chosen);
  };
  return [query, choose];
}

function keptQuery(): CaseQuery {
  const stage = STAGES.find(({ id }) => id === readPreference('session', STAGE))?.id ?? 'all';
  return { text: readPreference('session', TEXT) ?? '', stage };
}
