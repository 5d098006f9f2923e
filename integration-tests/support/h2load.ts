import { run } from './run.ts';

/** What h2load counted. */
export interface H2loadReport {
  readonly total: number;
  readonly started: number;
  /** Requests that have ended, well or not. */
  readonly done: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly statuses: Readonly<Record<'2xx' | '3xx' | '4xx' | '5xx', number>>;
  readonly requestsPerSecond: number;
  /** What it has spoken, such as `h2`. */
  readonly protocol: string | undefined;
  readonly output: string;
}

/** Runs h2load to its end. It trusts everybody. */
export async function h2load(...args: readonly string[]): Promise<H2loadReport> {
  const { stdout, stderr } = await run('h2load', args);
  const output = stdout + stderr;
  const counts = /^requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed/m.exec(output);
  const codes = /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/m.exec(output);
  if (counts === null || codes === null) throw new Error(output);
  const [total = 0, started = 0, done = 0, succeeded = 0, failed = 0] = counts.slice(1).map(Number);
  const [ok = 0, moved = 0, wrong = 0, broken = 0] = codes.slice(1).map(Number);
  return {
    ...{ total, started, done, succeeded, failed },
    statuses: { '2xx': ok, '3xx': moved, '4xx': wrong, '5xx': broken },
    requestsPerSecond: Number(/([0-9.]+) req\/s/.exec(output)?.[1]),
    protocol: /^(?:Application|No TLS.*) protocol: (\S+)$/m.exec(output)?.[1],
    output,
  };
}
