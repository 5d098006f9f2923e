import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The subject runs on one core, whatever loads it (and stands behind it) on the other. */
export const SUBJECT_CORE = 0;
export const LOAD_CORE = 1;

/** A process under measurement, or one that helps to load it. */
export interface SubjectProcess {
  readonly pid: number;
  readonly port: number;
  /** Seconds of CPU that the process and its children have used so far. */
  cpuSeconds(): Promise<number>;
  /** Sends one line, gives the next line that the process prints. */
  ask(line: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a script of `subjects/`: its last argument is the port; it prints `ready` when it may be used. */
export async function startNode(
  script: string,
  args: readonly string[] = [],
  core: number = SUBJECT_CORE,
): Promise<SubjectProcess> {
  const port = await freePort();
  const file = fileURLToPath(
    new URL(script, core === SUBJECT_CORE ? (otherSubjects.getStore() ?? SUBJECTS) : SUBJECTS),
  );
  const flags = [
    '--conditions=@lamella/source',
    '--expose-gc',
    ...(profileFolder() === undefined ? [] : ['--perf-basic-prof']),
    file,
    ...args,
    String(port),
  ];
  const child = spawn('taskset', ['-c', String(core), process.execPath, ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: profileFolder(),
  });
  const started = wrap(child, port);
  await started.nextLine();
  return started;
}

/** Starts something with the subjects of another copy of this repository; what loads them stays ours. */
export function withSubjectsOf<Started>(root: string, start: () => Promise<Started>): Promise<Started> {
  return otherSubjects.run(pathToFileURL(`${resolve(root)}/integration-tests/bench/subjects/`), start);
}

/** Starts a foreign server in the foreground, and waits until its port takes connections. */
export async function startForeign(
  command: string,
  args: readonly string[],
  port: number,
  env: NodeJS.ProcessEnv,
): Promise<SubjectProcess> {
  const taskset = ['-c', String(SUBJECT_CORE), command, ...args];
  const child = spawn('taskset', taskset, { stdio: ['pipe', 'pipe', 'ignore'], env });
  await waitForPort(port);
  return wrap(child, port);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
}

function wrap(child: ChildProcess, port: number): SubjectProcess & { nextLine(): Promise<string> } {
  const { pid, stdout, stdin } = child;
  if (pid === undefined || stdout === null || stdin === null) throw new Error('the subject did not start');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  async function nextLine(): Promise<string> {
    const { done, value } = await lines.next();
    if (done === true) throw new Error('the subject ended early');
    return value;
  }
  return {
    pid,
    port,
    nextLine,
    cpuSeconds: () => cpuSecondsOf(pid),
    ask(line) {
      stdin.write(`${line}\n`);
      return nextLine();
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
      await once(child, 'exit');
      clearTimeout(timer);
    },
  };
}

/** utime and stime of the process, and of its live children (nginx and haproxy work in workers). */
async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  let seconds = (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ')) if (child !== '') seconds += await cpuSecondsOf(Number(child));
  return seconds;
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await isTaken(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers on port ${port}`);
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });
}

const SUBJECTS = new URL('../subjects/', import.meta.url);
const otherSubjects = new AsyncLocalStorage<URL>();

/** Set by `--profile`: a folder for what V8 writes when it tells `perf` the names of its functions. */
const profileFolder = (): string | undefined => process.env['LAMELLA_BENCH_PROFILE'];
const CLOCK_TICKS_PER_SECOND = 100;
