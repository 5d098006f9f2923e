import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contestant, Sample } from './bench-row.ts';
import { LOAD_CORE, type SubjectProcess } from './subject-process.ts';

/** What h2load asks for, and what a right answer is. */
export interface H2Load {
  readonly path: string;
  readonly connections: number;
  /** Streams at a time on each connection. */
  readonly streams: number;
  /** A POST with this body, else a GET. */
  readonly body?: string;
  /** The body of a right answer. */
  readonly expected: string;
  /** Whether by TLS; the certificate is not looked at. */
  readonly secure?: boolean;
  /** Whether by HTTP/1.1, for comparisons. */
  readonly http1?: boolean;
  /** Whether the body is a call of gRPC, which has to end with OK. */
  readonly grpc?: boolean;
}

/** Loads a server with h2load. Every answer's status is checked by h2load, the bytes of all of them by their sum. */
export function h2loadContestant(
  subject: SubjectProcess,
  load: H2Load,
  stop: () => Promise<void> = () => subject.stop(),
): Contestant {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-bench-h2load-'));
  return {
    pid: subject.pid,
    async stop() {
      await stop();
      rmSync(folder, { recursive: true });
    },
    async measure(seconds) {
      if (load.http1 !== true) await probe(subject.port, load);
      const before = await subject.cpuSeconds();
      const sample = await runH2load(subject.port, load, seconds, folder);
      return { ...sample, cpuSeconds: (await subject.cpuSeconds()) - before };
    },
  };
}

async function runH2load(
  port: number,
  load: H2Load,
  seconds: number,
  folder: string,
): Promise<Omit<Sample, 'cpuSeconds'>> {
  const { path, connections, streams, body, expected, secure = false, http1 = false } = load;
  const args = [
    '-c',
    String(LOAD_CORE),
    'h2load',
    '-D',
    String(seconds),
    '-c',
    String(connections),
    '-m',
    String(streams),
  ];
  args.push('-w', '24', '-W', '24'); // windows of 16 MiB: what is measured is the server
  if (http1) args.push('--h1');
  if (load.grpc === true) for (const [name, value] of Object.entries(GRPC_FIELDS)) args.push('-H', `${name}: ${value}`);
  if (body !== undefined) {
    const file = join(folder, 'body');
    writeFileSync(file, body);
    args.push('-d', file);
  }
  args.push(`${secure ? 'https' : 'http'}://127.0.0.1:${port}${path}`);
  const { stdout } = await promisify(execFile)('taskset', args);
  const [, done = Number.NaN, failed = 0] = counts(/(\d+) succeeded, (\d+) failed/, stdout);
  const [, bytes = Number.NaN] = counts(/\((\d+)\) data/, stdout);
  const [, ok = Number.NaN] = counts(/status codes: (\d+) 2xx/, stdout);
  if (Number.isNaN(done) || Number.isNaN(bytes)) throw new Error(`h2load gave no result: ${stdout}`);
  // What was in flight at the end counts as bytes but not as requests: that many answers may be over, none may be missing.
  const missing = expected.length * done - bytes;
  const isRight = missing <= 0 && -missing <= expected.length * connections * streams && ok >= done;
  return { units: done, wallSeconds: seconds, faults: failed + (isRight ? 0 : 1) };
}

function counts(pattern: RegExp, text: string): number[] {
  return (pattern.exec(text) ?? []).map(Number);
}

/** One request of our own: checks the body. */
async function probe(port: number, { path, body, expected, secure = false, grpc = false }: H2Load): Promise<void> {
  const session = connect(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const fields = { ':path': path, ':method': body === undefined ? 'GET' : 'POST', ...(grpc ? GRPC_FIELDS : {}) };
  const stream = session.request(fields);
  stream.end(body);
  let status = 0;
  stream.on('response', (headers) => {
    status = Number(headers[':status']);
  });
  let end: unknown;
  stream.on('trailers', (trailers) => {
    end = trailers['grpc-status'];
  });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  session.close();
  const text = Buffer.concat(chunks).toString();
  if (grpc && end !== '0') throw new Error(`wrong status: ${String(end)}`);
  if (status !== 200 || text !== expected) throw new Error(`wrong answer: ${status}, ${text.length} characters`);
}

const GRPC_FIELDS = { te: 'trailers', 'content-type': 'application/grpc' };
