import type { OpenProjection } from 'ermine/projections';
import type { ReadModels } from '../log/read-models.ts';
import { ReadModelCard } from './read-model-card.tsx';

interface Model {
  readonly title: string;
  readonly serves: string;
  readonly model: OpenProjection;
}

/** What is made of the log, and how each of them is doing. */
export function ReadModelsPage({ models }: { readonly models: ReadModels }) {
  const list: readonly Model[] = [
    { title: 'Cases', serves: 'A document a case: the list and search.', model: models.cases },
    { title: 'Board', serves: 'One state: how many cases stand where.', model: models.board },
    { title: 'Weeks', serves: 'One state: the chart of events a week.', model: models.weeks },
  ];
  return (
    <div className="data-page read-models-page">
      <title>Read models · Permit desk</title>
      <h1>Read models</h1>
      <p className="wide muted">
        One of the open tabs keeps them up to date; all tabs show the same. Each one is stored together with the position of the log
        that it has reached, so no event is missed or counted twice.
      </p>
      {list.map(({ title, serves, model }) => (
        <ReadModelCard key={title} title={title} serves={serves} model={model} />
      ))}
    </div>
  );
}
