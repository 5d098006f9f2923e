import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELLO, LARGE } from '../subjects/payloads.ts';
import type { BenchRow, Contestant } from '../support/bench-row.ts';
import { isInstalled, NGINX_HELLO, startNginx } from '../support/foreign.ts';
import { type SubjectProcess, startNode } from '../support/subject-process.ts';
import { type WrkLoad, wrkContestant } from '../support/wrk.ts';

const requests = { label: 'requests', size: 1 };

export const helloRow: BenchRow = {
  type: 'rate',
  name: 'server-hello',
  about: 'A server answers GET with 27 bytes of JSON on 64 keep-alive connections.',
  unit: requests,
  targets: [
    { of: 'lamella, 5 pass-through layers', to: 'node:http', atLeast: 1.4 },
    { of: 'lamella, 5 production layers', to: 'node:http', atLeast: 1.2 },
  ],
  contestants: {
    'node:http': () => server('node-server.ts', 'bare', HELLO_LOAD),
    'lamella, bare': () => server('lamella-server.ts', 'bare', HELLO_LOAD),
    'lamella, 5 pass-through layers': () => server('lamella-server.ts', 'pass-through', HELLO_LOAD),
    'lamella, 5 production layers': () => server('lamella-server.ts', 'production', HELLO_LOAD),
    ...(isInstalled('nginx') ? { nginx: async () => wrkContestant(await startNginx(NGINX_HELLO), HELLO_LOAD) } : {}),
  },
};

export const postRow: BenchRow = {
  type: 'rate',
  name: 'server-post',
  about: 'A server reads a POST of 1 KiB and gives it back, on 64 keep-alive connections.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'node:http', atLeast: 1.4 }],
  contestants: {
    'node:http': () => server('node-server.ts', 'bare', POST_LOAD),
    lamella: () => server('lamella-server.ts', 'bare', POST_LOAD),
  },
};

export const largeRow: BenchRow = {
  type: 'rate',
  name: 'server-64k',
  about: 'A server answers GET with 64 KiB on 64 keep-alive connections.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'node:http', atLeast: 1.1 }],
  contestants: {
    'node:http': () => server('node-server.ts', 'bare', LARGE_LOAD),
    lamella: () => server('lamella-server.ts', 'bare', LARGE_LOAD),
  },
};

export const layersRow: BenchRow = {
  type: 'rate',
  name: 'server-layers',
  about: 'A server answers GET with 27 bytes of JSON through fifteen layers, five of which wait for the answer.',
  unit: requests,
  // Fifteen may cost a quarter of what one leaves.
  targets: [{ of: '15 layers', to: '1 layer', atLeast: 0.75 }],
  contestants: {
    '1 layer': () => server('lamella-server.ts', 'one', HELLO_LOAD),
    '15 layers': () => server('lamella-server.ts', 'fifteen', HELLO_LOAD),
  },
};

export const staticRow: BenchRow = {
  type: 'rate',
  name: 'static-10k',
  about: 'A server of static files sends one of 10 KiB, on 64 keep-alive connections.',
  unit: requests,
  targets: [{ of: 'lamella', to: '@fastify/static', atLeast: 1.3 }],
  contestants: {
    '@fastify/static': () => files((root) => startNode('static-files.ts', ['fastify', root])),
    lamella: () => files((root) => startNode('static-files.ts', ['lamella', root])),
    ...(isInstalled('nginx')
      ? { nginx: () => files((root) => startNginx(`root ${root}; sendfile on; open_file_cache max=100;`)) }
      : {}),
  },
};

/** A folder with one file, and a server for it. */
async function files(start: (root: string) => Promise<SubjectProcess>): Promise<Contestant> {
  const root = mkdtempSync(join(tmpdir(), 'lamella-bench-files-'));
  chmodSync(root, 0o755); // nginx may serve as somebody else
  writeFileSync(join(root, 'file.txt'), FILE);
  const subject = await start(root);
  return wrkContestant(subject, { path: '/file.txt', connections: 64, expected: FILE }, async () => {
    await subject.stop();
    rmSync(root, { recursive: true });
  });
}

async function server(script: string, around: string, load: WrkLoad): Promise<Contestant> {
  return wrkContestant(await startNode(script, [around]), load);
}

const FILE = 'a line of a file that is served\n'.repeat(320);
const BODY = 'b'.repeat(1024);
const HELLO_LOAD: WrkLoad = { path: '/', connections: 64, expected: HELLO };
const POST_LOAD: WrkLoad = { path: '/', connections: 64, body: BODY, expected: BODY };
const LARGE_LOAD: WrkLoad = { path: '/large', connections: 64, expected: LARGE.toString() };
