// Clients that only listen: live streams held open by this process.
import { Agent, request } from 'node:http';

/** Opens so many live streams, and resolves when each has had its first line. */
export async function openLiveClients(url, token, count) {
  const agent = new Agent({ maxSockets: Infinity });
  const heads = Array.from({ length: count }, () => -1);
  let changed = () => undefined;
  const open = (i) =>
    new Promise((resolve, reject) => {
      const sent = request(`${url}/live`, { method: 'POST', agent, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
      sent.on('error', reject);
      sent.on('response', (response) => {
        if (response.statusCode !== 200) return reject(new Error(`client ${i} got status ${response.statusCode}`));
        let rest = '';
        response.on('data', (chunk) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop();
          for (const line of lines) heads[i] = JSON.parse(line).head;
          resolve(sent);
          changed();
        });
      });
      sent.end(JSON.stringify({ protocol: 1, clientId: `live-client-${i}`, after: 0 }));
    });
  const sockets = [];
  for (let from = 0; from < count; from += 50) sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, count - from) }, (_, i) => open(from + i)))));
  return {
    /** Resolves when every client knows of this position. */
    allReach: (position) =>
      new Promise((resolve) => {
        changed = () => heads.every((head) => head >= position) && resolve();
        changed();
      }),
    close() {
      for (const socket of sockets) socket.removeAllListeners('error').on('error', () => undefined).destroy();
      agent.destroy();
    },
  };
}
