import type { BenchRow, Contestant } from '../support/bench-row.ts';
import { roundContestant } from '../support/round-contestant.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';

const requests = { label: 'requests', size: 1 };

export const clientRow: BenchRow = {
  type: 'rate',
  name: 'client',
  about: 'A client sends GETs to one origin, 64 in flight, and reads each answer as text.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'undici request', atLeast: 1.5 }],
  contestants: {
    'undici request': () => client('undici-request', 64),
    lamella: () => client('lamella', 64),
    'node:http Agent': () => client('node-agent', 64),
    fetch: () => client('fetch', 64),
  },
};

export const clientAloneRow: BenchRow = {
  type: 'rate',
  name: 'client-1',
  about: 'The same client with one request at a time.',
  unit: requests,
  targets: [{ of: 'lamella', to: 'undici request', atLeast: 1.5 }],
  contestants: {
    'undici request': () => client('undici-request', 1),
    lamella: () => client('lamella', 1),
  },
};

export const memoryRow: BenchRow = {
  type: 'rate',
  name: 'in-memory',
  about: 'Client and server in one process, joined in memory, 64 requests in flight.',
  unit: requests,
  targets: [],
  contestants: {
    'node:http on both ends': () => inMemory('node'),
    'lamella on both ends': () => inMemory('lamella'),
  },
};

async function inMemory(kind: string): Promise<Contestant> {
  const subject = await startNode('in-memory.ts', [kind]);
  return roundContestant((seconds) => subject.ask(String(seconds)), [subject]);
}

async function client(kind: string, inFlight: number): Promise<Contestant> {
  const origin = await startNode('raw-origin.ts', ['origin'], LOAD_CORE);
  const subject = await startNode('client.ts', [kind, String(inFlight), String(origin.port)]);
  return roundContestant((seconds) => subject.ask(String(seconds)), [subject, origin]);
}
