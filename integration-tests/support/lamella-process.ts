import { fileURLToPath } from 'node:url';
import type { Finished, RunOptions } from './run.ts';
import { NO_PROXIES, run } from './run.ts';
import type { RunningProcess } from './start-process.ts';
import { startProcess } from './start-process.ts';

/** Runs `lamella` to its end, from its sources, as a user does. */
export function lamella(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [...NODE_FLAGS, CLI, ...args], { ...options, env: { ...ENVIRONMENT, ...options.env } });
}

/** The words in front of the arguments of `lamella`, for shells. */
export function commandLine(): readonly string[] {
  return [process.execPath, ...NODE_FLAGS, CLI];
}

/** A server of ours in a process of its own. */
export interface ServerProcess extends RunningProcess {
  readonly url: string;
  readonly port: number;
}

/** Starts `lamella serve ...` on a free port, and waits until it listens. */
export async function lamellaServe(...args: readonly string[]): Promise<ServerProcess> {
  const child = startProcess(process.execPath, [...NODE_FLAGS, CLI, 'serve', ...args, '--bind', '127.0.0.1:0'], {
    env: ENVIRONMENT,
  });
  const [, url = ''] = await child.printed(/listening on (https?:\S+)/);
  return { ...child, url, port: Number(new URL(url).port) };
}

/** Starts a TypeScript file of the workspace. */
export function startSource(url: URL, env: Readonly<Record<string, string>> = {}): RunningProcess {
  return startProcess(process.execPath, [...NODE_FLAGS, fileURLToPath(url)], { env: { ...ENVIRONMENT, ...env } });
}

const NODE_FLAGS: readonly string[] = ['--conditions=@lamella/source', '--disable-warning=ExperimentalWarning'];
const CLI: string = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
/** Node keeps what it has compiled: a program of many small files starts three times as fast with it. */
const COMPILE_CACHE: string = fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url));
const ENVIRONMENT: Readonly<Record<string, string>> = { ...NO_PROXIES, NODE_COMPILE_CACHE: COMPILE_CACHE };
