import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { DevicePanel } from './device-panel.tsx';
import { openDevices } from './open-devices.ts';

const root = createRoot(document.querySelector('#root')!);

openDevices().then(
  (devices) =>
    root.render(
      <StrictMode>
        <main className="devices">
          {devices.map((device) => (
            <DevicePanel key={device.clerk} device={device} />
          ))}
        </main>
      </StrictMode>,
    ),
  (error: unknown) =>
    root.render(
      <main className="devices">
        <ErrorNotice error={error} canReload />
      </main>,
    ),
);
