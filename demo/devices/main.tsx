import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
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
  (error: Error) => root.render(<p role="alert">{error.message}</p>),
);
