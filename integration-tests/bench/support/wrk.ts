import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Contestant, Sample } from './bench-row.ts';
import { LOAD_CORE, type SubjectProcess } from './subject-process.ts';

/** What wrk asks for, and what a right answer is. */
export interface WrkLoad {
  readonly path: string;
  readonly connections: number;
  /** A POST with this body, else a GET. */
  readonly body?: string;
  /** The body of a right answer. */
  readonly expected: string;
}

/** Loads a server with wrk. Every answer's status is checked by wrk, the bytes of all of them by their sum. */
export function wrkContestant(
  subject: SubjectProcess,
  load: WrkLoad,
  stop: () => Promise<void> = () => subject.stop(),
): Contestant {
  return {
    pid: subject.pid,
    stop,
    async measure(seconds) {
      const bytesEach = await probe(subject.port, load);
      const before = await subject.cpuSeconds();
      const sample = await runWrk(subject.port, load, seconds, bytesEach);
      const cpuSeconds = (await subject.cpuSeconds()) - before;
      await probe(subject.port, load);
      return { ...sample, cpuSeconds };
    },
  };
}

async function runWrk(
  port: number,
  { path, connections, body }: WrkLoad,
  seconds: number,
  bytesEach: number,
): Promise<Omit<Sample, 'cpuSeconds'>> {
  const args = ['-c', String(LOAD_CORE), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`];
  args.push('-s', SCRIPT, `http://127.0.0.1:${port}${path}`, ...(body === undefined ? [] : ['--', body]));
  const { stdout } = await promisify(execFile)('taskset', args);
  const result = /^RESULT (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout);
  if (result === null) throw new Error(`wrk gave no result: ${stdout}`);
  const [units = 0, micros = 0, bytes = 0, errors = 0] = result.slice(1).map(Number);
  // wrk counts what was in flight at its end as bytes but not as requests: that many answers may be over, none may be missing.
  const missing = bytesEach * units - bytes;
  const isRight = missing <= 0 && -missing <= bytesEach * (connections + 1);
  return { units, wallSeconds: micros / 1e6, faults: errors + (isRight ? 0 : 1) };
}

/** One request of our own: checks the body, gives the bytes of the whole response. */
async function probe(port: number, { path, body, expected }: WrkLoad): Promise<number> {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const init = body === undefined ? { signal } : { method: 'POST', body, signal };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const text = await response.text();
  if (response.status !== 200 || text !== expected)
    throw new Error(`wrong answer: ${response.status}, ${text.length} characters`);
  return await rawLength(port, path, body);
}

/** The length on the wire, head included, of an answer to a request like wrk's. */
async function rawLength(port: number, path: string, body: string | undefined): Promise<number> {
  const { connect } = await import('node:net');
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      const length = Number(/content-length: *(\d+)/i.exec(received.toString('latin1', 0, end))?.[1] ?? Number.NaN);
      if (Number.isNaN(length)) reject(new Error('the answer is not framed by Content-Length'));
      else if (received.length < end + 4 + length) return;
      else resolve(end + 4 + length);
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection closed within the answer'))); // behind it, that says nothing
    const head = `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
    socket.write(body === undefined ? `${head}\r\n` : `${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  });
}

const SCRIPT = fileURLToPath(new URL('wrk-report.lua', import.meta.url));
/** A contestant that has lost its connections, or its mind, shall not hold the run. */
const PROBE_TIMEOUT_MS = 30_000;
