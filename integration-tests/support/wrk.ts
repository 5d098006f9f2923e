import { run } from './run.ts';

/** What wrk counted. */
export interface LoadReport {
  readonly requests: number;
  /** Socket errors, timeouts, and responses other than 2xx and 3xx. */
  readonly failures: number;
  readonly output: string;
}

/** Has wrk send as many requests as it can for one second, on 16 connections. */
export async function loadWith(url: string, ...options: readonly string[]): Promise<LoadReport> {
  const { stdout, stderr } = await run('wrk', ['-t', '1', '-c', '16', '-d', '1s', '--timeout', '30s', ...options, url]);
  const output = stdout + stderr;
  const requests = /^\s*([0-9]+) requests in/m.exec(output)?.[1];
  if (requests === undefined) throw new Error(output);
  const socketErrors = /^\s*Socket errors: (.*)$/m.exec(output)?.[1]?.match(/[0-9]+/g) ?? [];
  const badStatuses = /^\s*Non-2xx or 3xx responses: ([0-9]+)$/m.exec(output)?.[1] ?? '0';
  const failures = [...socketErrors, badStatuses].reduce((sum, count) => sum + Number(count), 0);
  return { requests: Number(requests), failures, output };
}
