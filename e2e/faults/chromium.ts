import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from '@playwright/test';
import { findBrowser } from '../../scripts/browsers.mjs';

/** Pages of the browser's own that it loads as it starts: half of a start's work. */
const WITHOUT_POPUPS = '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup';

/** How long a browser may take to start on a busy machine. */
const START_MS = 30_000;

/**
 * A Chromium process of its own on a profile of its own: what Playwright launches keeps its data in memory, cannot be
 * killed without its driver noticing, and holds every tab focused, so that none can be frozen.
 */
export class Chromium {
  readonly context: BrowserContext;
  /** The browser's own session: processes, quotas, tracing. */
  readonly cdp: CDPSession;
  readonly #process: ChildProcess;
  readonly #browser: Browser;
  readonly #stopped = new Set<number>();
  readonly #killAtExit = () => this.#process.kill('SIGKILL');

  /**
   * Whoever starts one kills it, at the latest when this process ends.
   *
   * @param profile an empty folder, or the one of a browser that has ended
   */
  static async start(profile: string, ...args: string[]): Promise<Chromium> {
    const { executablePath = chromium.executablePath(), args: usual = [] } = findBrowser('chromium') ?? {};
    // Without the sandbox as it refuses to start as root, and in most containers.
    const child = spawn(
      executablePath,
      ['--headless=new', '--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${profile}`, WITHOUT_POPUPS, ...usual, ...args, 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    try {
      const browser = await chromium.connectOverCDP(await debuggerAddress(child), { noDefaults: true });
      return new Chromium(child, browser, await browser.newBrowserCDPSession());
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private constructor(child: ChildProcess, browser: Browser, cdp: CDPSession) {
    this.#process = child;
    process.on('exit', this.#killAtExit);
    this.#browser = browser;
    this.context = browser.contexts()[0]!;
    this.cdp = cdp;
  }

  /** SIGKILL for the browser; what belongs to it goes with it. */
  async kill(): Promise<void> {
    for (const pid of this.#stopped) signal(pid, 'SIGKILL');
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const disconnected = new Promise<void>((resolve) => this.#browser.once('disconnected', () => resolve()));
    const gone = Promise.all([once(this.#process, 'exit'), disconnected]);
    this.#process.kill('SIGKILL');
    await gone;
    process.off('exit', this.#killAtExit);
  }

  /** Closes what a test has opened. */
  async closeTabs(): Promise<void> {
    for (const pid of this.#stopped) signal(pid, 'SIGCONT');
    this.#stopped.clear();
    // Without a tab the browser would end.
    const [first, ...others] = this.context.pages();
    await Promise.all(others.map((tab) => tab.close()));
    await first?.goto('about:blank');
    for (const context of this.#browser.contexts()) if (context !== this.context) await context.close();
  }

  /** A private window: nothing of it is written to the disk. */
  newPrivateContext(): Promise<BrowserContext> {
    return this.#browser.newContext();
  }

  /** SIGSTOP for the process of a tab: from one instruction to the next nothing in it runs any more. */
  async stop(tab: Page): Promise<{ resume(): void }> {
    const pid = await this.#rendererOf(tab);
    this.#stopped.add(pid);
    signal(pid, 'SIGSTOP');
    return {
      resume: () => {
        signal(pid, 'SIGCONT');
        this.#stopped.delete(pid);
      },
    };
  }

  /** Freezes a tab as a browser does with one that nobody looks at: another one has to be in front of it. */
  async freeze(tab: Page): Promise<{ resume(): Promise<void> }> {
    const session = await this.context.newCDPSession(tab);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    return {
      resume: async () => {
        await session.send('Page.setWebLifecycleState', { state: 'active' });
        await session.detach();
      },
    };
  }

  /** DevTools name the process of a frame only where a trace begins. */
  async #rendererOf(tab: Page): Promise<number> {
    const session = await this.context.newCDPSession(tab);
    const frames: { isOutermostMainFrame?: boolean; processId?: number }[] = [];
    session.on('Tracing.dataCollected', ({ value }) => {
      for (const { name, args } of value as { name?: string; args?: { data?: { frames?: typeof frames } } }[]) {
        if (name === 'TracingStartedInBrowser') frames.push(...(args?.data?.frames ?? []));
      }
    });
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    const traceConfig = { includedCategories: ['disabled-by-default-devtools.timeline'] };
    await session.send('Tracing.start', { traceConfig, transferMode: 'ReportEvents' });
    await session.send('Tracing.end');
    await complete;
    await session.detach();
    const pid = frames.find((frame) => frame.isOutermostMainFrame)?.processId;
    if (pid === undefined) throw new Error(`The trace names no process for ${tab.url()}.`);
    return pid;
  }
}

function debuggerAddress({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`Chromium did not start within ${START_MS} ms:\n${text}`)), START_MS);
    stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (address) resolve((clearTimeout(timer), address));
    });
    stderr!.on('close', () => reject((clearTimeout(timer), new Error(`Chromium ended:\n${text}`))));
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  process.kill(pid, name);
}
