import { fileURLToPath } from 'node:url';
import { bundledCli } from '../../tools/bundled-cli.ts';
import type { Finished, RunOptions } from './run.ts';
import { NO_PROXIES, run } from './run.ts';
import type { RunningProcess } from './start-process.ts';
import { startProcess } from './start-process.ts';

/** Runs `lamella` to its end, as a user does. */
export function lamella(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [bundledCli, ...args], { ...options, env: { ...NO_PROXIES, ...options.env } });
}

/** The words in front of the arguments of `lamella`, for shells. */
export function commandLine(): readonly string[] {
  return [process.execPath, bundledCli];
}

/** A server of ours in a process of its own. */
export interface ServerProcess extends RunningProcess {
  readonly url: string;
  readonly port: number;
}

/** Starts `lamella serve ...` on a free port, and waits until it listens. */
export async function lamellaServe(...args: readonly string[]): Promise<ServerProcess> {
  const child = startProcess(process.execPath, [bundledCli, 'serve', ...args, '--bind', '127.0.0.1:0'], {
    env: NO_PROXIES,
  });
  const [, url = ''] = await child.printed(/listening on (https?:\S+)/);
  return { ...child, url, port: Number(new URL(url).port) };
}

/** Starts a TypeScript file of the workspace. */
export function startSource(url: URL, env: Readonly<Record<string, string>> = {}): RunningProcess {
  return startProcess(process.execPath, [...NODE_FLAGS, fileURLToPath(url)], { env: { ...NO_PROXIES, ...env } });
}

const NODE_FLAGS: readonly string[] = ['--conditions=@lamella/source', '--disable-warning=ExperimentalWarning'];
