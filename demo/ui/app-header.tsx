import type { Desk } from '../desk/desk.ts';
import { DATA_HREF, DESK_HREF, READ_MODELS_HREF, type Route } from './use-route.ts';

interface Props {
  readonly route: Route;
  readonly desk: Desk;
  readonly person: string;
  readonly onPerson: (person: string) => void;
}

export function AppHeader({ route, desk, person, onPerson }: Props) {
  const people = [...new Set([person, ...desk.groupByPerson.keys()])].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return (
    <header className="app-header">
      <a className="brand" href={DESK_HREF}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M9 3h6l-1 8h5a1 1 0 0 1 1 1v4H4v-4a1 1 0 0 1 1-1h5zM4 19h16v2H4z" />
        </svg>
        <span className="brand-name">Permit desk</span>
      </a>
      <nav aria-label="Pages">
        <a href={DESK_HREF} aria-current={route.page === 'desk' || route.page === 'case' ? 'page' : undefined}>
          Desk
        </a>
        <a href={READ_MODELS_HREF} aria-current={route.page === 'read-models' ? 'page' : undefined}>
          Read models
        </a>
        <a href={DATA_HREF} aria-current={route.page === 'data' ? 'page' : undefined}>
          Data
        </a>
      </nav>
      <label className="person">
        <span>You are</span>
        <select value={person} onChange={(event) => onPerson(event.target.value)}>
          {people.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    </header>
  );
}
