import type { BenchRow, Contestant } from '../support/bench-row.ts';
import { roundContestant } from '../support/round-contestant.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';

export const h2LatencyRow: BenchRow = {
  type: 'rate',
  name: 'h2-latency',
  about:
    'A client fetches 16 MiB by HTTP/2 from a server of the same make that is 20 ms there and back away, on a new connection each time.',
  unit: { label: 'MiB', size: 1024 * 1024 },
  // 50 MiB/s: windows of 64 KiB let 3.1 MiB/s through. What windows of 16 MiB allow is bounded by the machine alone, and by nobody's memory.
  targets: [{ of: 'lamella', to: 'node:http2', atLeast: 16, by: 'wall' }],
  contestants: {
    'node:http2': () => fetching('node', ['node-h2-server.ts', 'h2']),
    'node:http2, windows of 16 MiB': () => fetching('node-large', ['node-h2-server.ts', 'h2']),
    lamella: () => fetching('lamella', ['h2-server.ts', 'bare']),
  },
};

async function fetching(kind: string, [script, stack]: readonly [string, string]): Promise<Contestant> {
  const origin = await startNode(script, [stack, 'clear'], LOAD_CORE);
  const way = await startNode('far-relay.ts', [String(origin.port), String(ONE_WAY_MS)], LOAD_CORE);
  const client = await startNode('h2-far-client.ts', [kind, String(way.port)]);
  return roundContestant((seconds) => client.ask(String(seconds)), [client, way, origin]);
}

const ONE_WAY_MS = 10;
