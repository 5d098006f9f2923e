import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { PEER_PATH } from './peers.ts';

/** Options of {@link run}. */
export interface RunOptions {
  /** Standard input; without it the program sees its end at once. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** On top of the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program did. */
export interface Finished {
  /** Exit code, or the name of the signal that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** The standard output as bytes. */
  readonly bytes: Buffer;
}

/** Runs a program to its end. It is killed when the test is over. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, PATH: PEER_PATH, ...options.env },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {}); // a program may leave without reading everything
  child.stdin.end(options.input);
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const bytes = stdout?.() ?? Buffer.alloc(0);
      resolve({
        code: code ?? signal ?? 'unknown',
        stdout: bytes.toString('utf8'),
        stderr: stderr?.().toString('utf8') ?? '',
        bytes,
      });
    });
  });
}

/** Runs curl without its progress meter, bounded to half a minute, blind to proxies of the environment. */
export function curl(...args: readonly string[]): Promise<Finished> {
  return run('curl', [...CURL_DEFAULTS, ...args], { env: NO_PROXIES });
}

const CURL_DEFAULTS: readonly string[] = ['-q', '-sS', '--max-time', '30'];

/** An environment in which no program finds a proxy by itself. */
export const NO_PROXIES: Readonly<Record<string, string>> = {
  http_proxy: '',
  https_proxy: '',
  all_proxy: '',
  ALL_PROXY: '',
};
