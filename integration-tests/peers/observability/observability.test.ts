import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { keepPicture } from '../../support/keep-picture.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, NO_PROXIES, run } from '../../support/run.ts';
import { startApp, startAppAsUser } from '../../support/start-app.ts';

usePeers('curl', 'chromium');

const ANY_GATEWAY = { GATEWAY_PORT: '0' };

describe('the observability sample', () => {
  it('starts by the command of the README, and prints commands that work', async () => {
    const server = await startAppAsUser('start:observability', ANY_GATEWAY);
    const statuses = [];
    for (const command of server.stdout().match(/^ {2}curl .*$/gm) ?? []) {
      const { stdout } = await run('sh', ['-c', command], { env: NO_PROXIES });
      statuses.push(/^HTTP\/1.1 ([0-9]+) /.exec(stdout)?.[1]);
    }
    expect(statuses).toEqual(['200', '200', '200', '502', '504', '404']);
    server.signal('SIGINT');
    await server.printed(/^drained in [0-9]+ ms/m);
    await server.ended;
  });

  it('shows in a browser how traces go through all three services, and metrics, as they come', async () => {
    const server = await startApp('start:observability', ANY_GATEWAY);
    const page = await chromiumPage();
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
    await page.setViewportSize({ width: 1_280, height: 900 });
    await page.goto(server.url);
    await page.click('text=Flaky');
    // Two attempts at a price, side by side, and a call of gRPC, all below one request.
    await expect
      .poll(() => page.locator('#traces tr').allTextContents())
      .toEqual([expect.stringMatching(/GET \/offers\/:item 2 failedgateway, prices, stock7/)]);
    await page.click('#traces button');
    await expect.poll(() => spansOf(page)).toHaveLength(7);
    const spans = await spansOf(page);
    expect(spans[0]).toBe('0rem gateway: serves GET /offers/:item');
    expect([...spans].sort()).toEqual(
      [
        '0rem gateway: serves GET /offers/:item',
        '1rem gateway: calls GET (error)',
        '2rem prices: serves GET /prices/:item (error)',
        '1rem gateway: calls GET',
        '2rem prices: serves GET /prices/:item',
        '1rem gateway: calls shop.v1.Stock/Count',
        '2rem stock: serves shop.v1.Stock/Count',
      ].sort(),
    );
    await page.click('text=gateway: calls GET (error)');
    const facts = page.locator('details[open] dl');
    await expect.poll(() => facts.textContent()).toMatch(/http\.response\.status_code503.*lamella\.connectafter/);

    await page.click('text=gateway: calls GET (error)');

    await page.click('text=Make load');
    await expect.poll(() => page.locator('#traces tr').count()).toBeGreaterThan(30);
    const plots = page.locator('#metrics svg');
    const rate =
      /^gateway http\.server\.request\.duration rate GET 200 \/offers\/:item: now [0-9.]+ per second, at most/;
    const names = () => plots.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label') ?? ''));
    await expect.poll(async () => (await names()).filter((name) => rate.test(name))).toHaveLength(1);
    const colors: unknown[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      colors.push(await page.evaluate(COLORS));
      await keepPicture(page, `observability-${scheme}`);
    }
    expect(colors).toEqual(['rgb(29, 42, 51) rgb(246, 248, 247)', 'rgb(228, 235, 238) rgb(18, 25, 29)']);
    expect(failures).toEqual([]);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.stderr()).toBe('');
  });

  it('refuses what is no OTLP, load that it does not know, and pages of other sites', async () => {
    const { url } = await startApp('start:observability', ANY_GATEWAY);
    const status = async (...args: readonly string[]): Promise<string> =>
      (await curl('-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST', ...args)).stdout;
    const json = ['-H', 'Content-Type: application/json'];
    expect(await status(...json, '-d', '{"resourceSpans":7}', `${url}/v1/traces`)).toBe('400');
    const span = { traceId: 'x', spanId: 'y', startTimeUnixNano: 'soon', attributes: [] };
    const spans = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    expect(await status(...json, '-d', spans, `${url}/v1/traces`)).toBe('400');
    expect(await status('-H', 'Content-Type: application/x-protobuf', '-d', 'nonsense', `${url}/v1/metrics`)).toBe(
      '400',
    );
    expect(await status(`${url}/api/load/endless`)).toBe('404');
    expect(await status('-H', 'Origin: http://evil.test', `${url}/api/load/mix`)).toBe('403');
    expect((await curl(`${url}/api/traces`)).stdout).toBe('[]');
    expect((await curl('-o', '/dev/null', '-w', '%{http_code}', `${url}/api/traces/none`)).stdout).toBe('404');
  });
});

/** Each with how far it stands to the right. */
function spansOf(page: Page): Promise<readonly string[]> {
  return page
    .locator('#spans details')
    .evaluateAll((all) => all.map((each) => `${each.style.marginInlineStart} ${each.firstElementChild?.textContent}`));
}

const COLORS = `['color', 'backgroundColor'].map((name) => getComputedStyle(document.body)[name]).join(' ')`;
