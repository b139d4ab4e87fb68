import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { openSession } from './log/session.ts';
import { App } from './ui/app.tsx';
import { ErrorNotice } from './ui/error-notice.tsx';

const root = createRoot(document.querySelector('#root')!);

openSession().then(
  (session) =>
    root.render(
      <StrictMode>
        <App session={session} />
      </StrictMode>,
    ),
  (error: unknown) =>
    root.render(
      <main>
        <h1>Permit desk</h1>
        <ErrorNotice error={error} canReload />
      </main>,
    ),
);
