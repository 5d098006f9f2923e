import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELLO, HUGE, LARGE } from '../subjects/payloads.ts';
import type { BenchRow, Contestant } from '../support/bench-row.ts';
import { certificateFolder } from '../support/certificate.ts';
import { isInstalled, NGINX_HELLO, startNginx } from '../support/foreign.ts';
import { type H2Load, h2loadContestant } from '../support/h2load.ts';
import { roundContestant } from '../support/round-contestant.ts';
import { LOAD_CORE, type SubjectProcess, startNode } from '../support/subject-process.ts';

const requests = { label: 'requests', size: 1 };

export const h2HelloRow: BenchRow = {
  type: 'rate',
  name: 'h2-hello',
  about: 'A server answers GET with 27 bytes of JSON by HTTP/2, on 8 connections with 32 streams each.',
  unit: requests,
  targets: [
    { of: 'lamella, 5 pass-through layers', to: 'node:http2', atLeast: 6 },
    { of: 'lamella, 5 pass-through layers', to: 'nginx', atLeast: 2 },
  ],
  contestants: {
    'node:http2': () => node(HELLO_LOAD),
    'lamella, 5 pass-through layers': () => lamella('pass-through', HELLO_LOAD),
    'lamella, bare': () => lamella('bare', HELLO_LOAD),
    ...(isInstalled('nginx') ? { nginx: () => nginx(NGINX_HELLO, HELLO_LOAD) } : {}),
  },
};

export const h2SingleRow: BenchRow = {
  type: 'rate',
  name: 'h2-hello-1',
  about: 'The same on 64 connections with one stream each.',
  unit: requests,
  targets: [{ of: 'lamella, 5 pass-through layers', to: 'node:http2', atLeast: 2 }],
  contestants: {
    'node:http2': () => node(SINGLE_LOAD),
    'lamella, 5 pass-through layers': () => lamella('pass-through', SINGLE_LOAD),
    ...(isInstalled('nginx') ? { nginx: () => nginx(NGINX_HELLO, SINGLE_LOAD) } : {}),
  },
};

export const h2TlsRow: BenchRow = {
  type: 'rate',
  name: 'h2-hello-tls',
  about: 'The same over TLS, on 8 connections with 32 streams each.',
  unit: requests,
  targets: [{ of: 'lamella, 5 pass-through layers', to: 'node:http2', atLeast: 5 }],
  contestants: {
    'node:http2': () => node(secure(HELLO_LOAD)),
    'lamella, 5 pass-through layers': () => lamella('pass-through', secure(HELLO_LOAD)),
    ...(isInstalled('nginx') ? { nginx: () => nginx(NGINX_HELLO, secure(HELLO_LOAD)) } : {}),
  },
};

export const h2PostRow: BenchRow = {
  type: 'rate',
  name: 'h2-post',
  about: 'A server reads a POST of 1 KiB and gives it back by HTTP/2, on 8 connections with 32 streams each.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'node:http2', atLeast: 5 }],
  contestants: {
    'node:http2': () => node(POST_LOAD),
    lamella: () => lamella('bare', POST_LOAD),
  },
};

export const h2LargeRow: BenchRow = {
  type: 'rate',
  name: 'h2-64k',
  about: 'A server answers GET with 64 KiB by HTTP/2, on 8 connections with 8 streams each.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'node:http2', atLeast: 1, by: 'wall' }],
  contestants: {
    'node:http2': () => node(LARGE_LOAD),
    lamella: () => lamella('bare', LARGE_LOAD),
    ...(isInstalled('nginx') ? { nginx: () => nginxFile('/large', LARGE, LARGE_LOAD) } : {}),
  },
};

export const h2HugeRow: BenchRow = {
  type: 'rate',
  name: 'h2-10m',
  about: 'A server answers GET with 10 MiB by HTTP/2, on 4 connections with one stream each.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'node:http2', atLeast: 1, by: 'wall' }],
  contestants: {
    'node:http2': () => node(HUGE_LOAD),
    lamella: () => lamella('bare', HUGE_LOAD),
    ...(isInstalled('nginx') ? { nginx: () => nginxFile('/huge', HUGE, HUGE_LOAD) } : {}),
  },
};

export const h1TlsRow: BenchRow = {
  type: 'rate',
  name: 'h1-tls',
  about: 'A server answers GET with 27 bytes of JSON by HTTP/1.1 over TLS, on 64 keep-alive connections.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'node:https', atLeast: 1.2 }],
  contestants: {
    'node:https': () => node({ ...secure(SINGLE_LOAD), http1: true }),
    lamella: () => lamella('pass-through', { ...secure(SINGLE_LOAD), http1: true }),
  },
};

export const h2ClientRow: BenchRow = {
  type: 'rate',
  name: 'h2-client',
  about: 'A client sends GETs to one origin by HTTP/2, 32 in flight on one connection, and reads each answer as text.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'node:http2', atLeast: 4 }],
  contestants: {
    'node:http2': () => client('node', 32),
    lamella: () => client('lamella', 32),
  },
};

async function client(kind: string, inFlight: number): Promise<Contestant> {
  const origin = await startNode('h2-server.ts', ['bare', 'clear'], LOAD_CORE);
  const subject = await startNode('h2-client.ts', [kind, String(inFlight), String(origin.port)]);
  return roundContestant((seconds) => subject.ask(String(seconds)), [subject, origin]);
}

function node(load: H2Load): Promise<Contestant> {
  return loaded(load, (folder) => startNode('node-h2-server.ts', [load.http1 === true ? 'h1' : 'h2', folder]));
}

function lamella(stack: string, load: H2Load): Promise<Contestant> {
  return loaded(load, (folder) => startNode('h2-server.ts', [stack, folder]));
}

function nginx(locations: string, load: H2Load): Promise<Contestant> {
  return loaded(load, (folder) => startNginx(locations, 1, folder === 'clear' ? 'http2' : `http2 ssl ${folder}`));
}

async function nginxFile(path: string, content: Buffer, load: H2Load): Promise<Contestant> {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-bench-files-'));
  chmodSync(folder, 0o755); // nginx may serve as somebody else
  writeFileSync(join(folder, path), content);
  const subject = await startNginx(`root ${folder}; sendfile on; open_file_cache max=100;`, 1, 'http2');
  return h2loadContestant(subject, load, async () => {
    await subject.stop();
    rmSync(folder, { recursive: true });
  });
}

async function loaded(load: H2Load, start: (folder: string) => Promise<SubjectProcess>): Promise<Contestant> {
  const made = load.secure === true ? certificateFolder() : undefined;
  const subject = await start(made?.folder ?? 'clear');
  return h2loadContestant(subject, load, async () => {
    await subject.stop();
    made?.remove();
  });
}

function secure(load: H2Load): H2Load {
  return { ...load, secure: true };
}

const BODY = 'b'.repeat(1024);
const HELLO_LOAD: H2Load = { path: '/', connections: 8, streams: 32, expected: HELLO };
const SINGLE_LOAD: H2Load = { path: '/', connections: 64, streams: 1, expected: HELLO };
const POST_LOAD: H2Load = { path: '/', connections: 8, streams: 32, body: BODY, expected: BODY };
const LARGE_LOAD: H2Load = { path: '/large', connections: 8, streams: 8, expected: LARGE.toString() };
// One stream at a time: of several that large on one connection node:http2 breaks most off.
const HUGE_LOAD: H2Load = { path: '/huge', connections: 4, streams: 1, expected: HUGE.toString() };
