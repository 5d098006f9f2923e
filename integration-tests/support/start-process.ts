import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { PEER_PATH } from './peers.ts';

/** A program that runs until it is told to stop. */
export interface RunningProcess {
  readonly pid: number;
  /** Everything that it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until the output holds `pattern`. @throws if the program ends without having printed it. */
  readonly printed: (pattern: RegExp, output?: 'stdout' | 'stderr') => Promise<RegExpExecArray>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Writes to its input, if it has one. */
  readonly type: (text: string) => void;
  /** Exit code, or the signal's name; resolves when it has ended and all output is there. */
  readonly ended: Promise<number | string>;
}

/** Options of {@link startProcess}. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Whether it leads a process group of its own, and signals go to all of that: as those of a terminal do. */
  readonly isGroup?: boolean;
  /** Whether it reads what is typed; else it finds the end of its input at once. */
  readonly hasInput?: boolean;
}

/** Starts a program, which is killed when the test is over. */
export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  const child = spawn(command, args, {
    env: { ...process.env, PATH: PEER_PATH, ...options.env },
    stdio: [options.hasInput === true ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    detached: options.isGroup === true,
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (options.isGroup !== true || child.pid === undefined) child.kill(signal);
    else killGroup(child.pid, signal);
  };
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  const onChange = (): void => {
    for (const listener of [...listeners]) listener();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      onChange();
    });
  }
  const ended = endOf(child);
  let isOver = false;
  const over = (): void => {
    isOver = true;
    onChange();
  };
  void ended.then(over, over);
  onTestFinished(async () => {
    kill('SIGKILL');
    await ended.catch(() => {});
  });

  return {
    pid: child.pid ?? 0,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    signal: kill,
    type: (text) => void child.stdin?.write(text),
    ended,
    printed: (pattern, name = 'stdout') =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(output[name]);
          if (match === null && !isOver) return;
          listeners.delete(check);
          if (match !== null) resolve(match);
          else reject(new Error(`${command} ended without printing ${pattern}:\n${output.stdout}${output.stderr}`));
        };
        listeners.add(check);
        check();
      }),
  };
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of it is left.
  }
}

function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}

/** Memory of a process that is in RAM, in MiB. Linux only, as the peers are. */
export function residentMiB(pid: number): number {
  const match = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(match?.[1]) / 1024;
}
