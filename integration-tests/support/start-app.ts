import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunningProcess } from './start-process.ts';
import { startProcess } from './start-process.ts';

/** A sample server that runs, and where. */
export interface RunningApp extends RunningProcess {
  /** Such as `http://127.0.0.1:50000`. */
  readonly url: string;
}

/**
 * Starts a sample by what its script in package.json comes down to, on a free port, and waits until it listens.
 *
 * @param script - Such as `start:web-server`.
 */
export async function startApp(script: string, env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const app = startProcess('sh', ['-c', scripts[script]], { cwd: ROOT, env: { PORT: '0', ...env } });
  return { ...app, url: await urlOf(app) };
}

/** Starts a sample as the README says, by the runner of packages, which has been installed already. */
export async function startAppAsUser(script: string, env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
  const options = { cwd: ROOT, env: { PORT: '0', npm_config_prefer_offline: 'true', ...env }, isGroup: true };
  const app = startProcess('npx', ['-y', 'pnpm@10.34.9', script], options);
  return { ...app, url: await urlOf(app) };
}

async function urlOf(app: RunningProcess): Promise<string> {
  await app.printed(/Ctrl\+C drains and stops/);
  return /^(?:API gateway|edge gateway|gRPC chat|observability|web server) +(\S+)$/m.exec(app.stdout())?.[1] ?? '';
}

const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
