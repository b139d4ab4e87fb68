import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hint } from '../event/hint.ts';
import { createHintChannel } from './hint-channel.ts';

/** A channel of hints and what it heard, and a way for anybody to speak on it. */
function openChannel(): { heard: Hint[]; say: (data: unknown) => void; publish: (hint: Hint) => void; close: () => void } {
  const name = crypto.randomUUID();
  const heard: Hint[] = [];
  const channel = createHintChannel(name, (hint) => heard.push(hint));
  const anybody = new BroadcastChannel(`ermine:${name}`);
  onTestFinished(() => {
    channel.close();
    anybody.close();
  });
  return { heard, say: (data) => anybody.postMessage(data), publish: channel.publish, close: channel.close };
}

describe('the channel of hints', () => {
  it('hears the hints of others with the same log, and not its own', async () => {
    const { heard, say, publish } = openChannel();
    publish({ epoch: 'e', position: 1 });
    say({ epoch: 'e', position: 2 });
    await expect.poll(() => heard).toEqual([{ epoch: 'e', position: 2 }]);
  });

  it('ignores what is no hint, and takes nothing else from a hint', async () => {
    const { heard, say } = openChannel();
    const senseless = [null, undefined, 0, 1, 'text', true, [], {}, new Map(), new Date(0), { epoch: 'e' }, { position: 1 }, { epoch: 1, position: 1 }, { epoch: 'e', position: '1' }, { epoch: 'e', position: 1.5 }, { epoch: 'e', position: NaN }, { epoch: 'e', position: Infinity }, { epoch: 'e', position: 2 ** 53 }, { epoch: null, position: 1 }, { epoch: 'e', position: null }, { epoch: 'e', position: 1n }];
    for (const data of senseless) say(data);
    say({ epoch: 'e', position: 7, more: 'x' });
    await expect.poll(() => heard).toEqual([{ epoch: 'e', position: 7 }]);
  });

  it('hears nothing of another log, and nothing when it is closed', async () => {
    const one = openChannel();
    const two = openChannel();
    two.close();
    two.say({ epoch: 'e', position: 1 });
    one.say({ epoch: 'e', position: 2 });
    await expect.poll(() => one.heard).toEqual([{ epoch: 'e', position: 2 }]);
    expect(two.heard).toEqual([]);
  });
});
