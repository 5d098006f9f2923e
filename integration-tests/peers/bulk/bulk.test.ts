import { describe, expect, it } from 'vitest';
import type { ServerProcess } from '../../support/lamella-process.ts';
import { lamellaServe, startSource } from '../../support/lamella-process.ts';
import { memoryDuring } from '../../support/memory-watch.ts';
import { patternSum } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { NO_PROXIES, run } from '../../support/run.ts';

usePeers('curl');

/** All of it in other processes: this one looks at sums and at memory. */
describe('1 GiB through our proxies', { timeout: 600_000 }, () => {
  it('goes up and down the forward proxy whole, in little memory', async () => {
    const origin = await bulkOrigin();
    const proxy = await lamellaServe('proxy');
    await expectBulk(proxy, origin, (path) => `-x ${proxy.url} ${origin}${path}`);
  });

  it('goes up and down the reverse proxy whole, in little memory', async () => {
    const origin = await bulkOrigin();
    const proxy = await lamellaServe('reverse', '--to', origin);
    await expectBulk(proxy, origin, (path) => `${proxy.url}${path}`);
  });
});

async function bulkOrigin(): Promise<string> {
  const origin = startSource(new URL('../../support/bulk-origin.ts', import.meta.url));
  const [url] = await origin.printed(/http:\S+/);
  return url;
}

/** @param urlOf - Arguments of curl that lead to a path of the origin by way of the proxy. */
async function expectBulk(proxy: ServerProcess, origin: string, urlOf: (path: string) => string): Promise<void> {
  const transfer = async (length: number): Promise<void> => {
    const answers = await Promise.all([
      shell(`${CURL} ${urlOf(`/${length}`)} | sha1sum`),
      shell(`${CURL} ${origin}/${length} | ${CURL} -T - ${urlOf('/')}`),
    ]);
    const sum = sumOf(length);
    expect(answers.map((each) => each.slice(0, sum.length))).toEqual([sum, sum]);
  };
  // It takes some hundred MiB until the memory that bodies are read into, and the collector, have found their level.
  const warmUp = await memoryDuring(proxy.pid, () => transfer(GIB));
  const { levelMiB, peakMiB } = await memoryDuring(proxy.pid, () => transfer(GIB));
  expect(levelMiB - warmUp.peakMiB).toBeLessThan(16);
  // What is garbage between two collections is no leak, but must not add up either.
  expect(peakMiB - warmUp.peakMiB).toBeLessThan(64);
}

async function shell(command: string): Promise<string> {
  const { stdout, stderr } = await run('sh', ['-c', command], { env: NO_PROXIES });
  expect(stderr).toBe('');
  return stdout;
}

function sumOf(length: number): string {
  const sum = sums.get(length) ?? patternSum(length);
  sums.set(length, sum);
  return sum;
}

/** By length: at this size they take a second each. */
const sums = new Map<number, string>();
const CURL = 'curl -q -sS --max-time 500';
const GIB = 1024 * 1024 * 1024;
