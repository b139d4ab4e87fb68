import { useState } from 'react';
import { readPreference, writePreference } from '../log/preferences.ts';

const PREFERENCE = 'permit-desk:person';

/** Who sits at this tab; each tab has its own, so that two of them can be two colleagues. */
export function usePerson(): [person: string, choose: (person: string) => void] {
  const [person, setPerson] = useState(() => readPreference('session', PREFERENCE) ?? 'Resource01');
  const choose = (chosen: string): void => {
    writePreference('session', PREFERENCE, chosen);
    setPerson(chosen);
  };
  return [person, choose];
}
