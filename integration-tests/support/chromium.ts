import type { Browser, LaunchOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { peerPath } from './peers.ts';
import { NO_PROXIES } from './run.ts';

/**
 * Opens a blank page in a headless Chromium that talks to nobody by itself; it is closed when the test is over.
 *
 * @param options - `proxy` makes it use one, for every host.
 */
export async function chromiumPage(options: Pick<LaunchOptions, 'proxy'> = {}): Promise<Page> {
  const browser: Browser = await chromium.launch({
    executablePath: peerPath('chromium'),
    args: [...QUIET],
    env: { ...process.env, ...NO_PROXIES },
    timeout: PATIENCE_MS,
    ...options,
  });
  onTestFinished(() => browser.close());
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}

/** The limit of the test is to say what hangs; nobody else. */
const PATIENCE_MS = 110_000;

const QUIET: readonly string[] = [
  '--no-sandbox', // tests may run as root, in a container
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--disable-client-side-phishing-detection',
  '--disable-features=OptimizationHints,MediaRouter,AutofillServerCommunication,InterestFeedContentSuggestions',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
  '--metrics-recording-only',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost',
];
