import { HELLO } from '../subjects/payloads.ts';
import type { BenchRow, Contestant } from '../support/bench-row.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';
import { wrkContestant } from '../support/wrk.ts';

const requests = { label: 'requests', size: 1 };

export const telemetryNoneRow: BenchRow = {
  type: 'rate',
  name: 'otel-none',
  about: 'A server answers GET with 27 bytes of JSON, with the layer for telemetry but no SDK.',
  unit: requests,
  targets: [{ of: 'lamella, no SDK', to: 'lamella, no layer', atLeast: 0.95 }],
  contestants: {
    'lamella, no layer': () => server('none'),
    'lamella, no SDK': () => server('no-sdk'),
  },
};

export const telemetrySampledRow: BenchRow = {
  type: 'rate',
  name: 'otel-1-percent',
  about:
    'The same with metrics of all requests and spans of 1 %, exported in batches to a collector on the core of the load.',
  unit: requests,
  targets: [
    { of: 'lamella, 1 % by sampleRatio', to: 'lamella, no layer', atLeast: 0.85 },
    { of: 'lamella, the same, nothing active', to: 'lamella, no layer', atLeast: 0.85 },
  ],
  warmUpCpuSeconds: 8, // what is done for one of a hundred requests is compiled late
  contestants: {
    'lamella, no layer': () => server('none'),
    'lamella, 1 % by sampleRatio': () => server('ratio'),
    'lamella, the same, nothing active': () => server('inactive'),
    "lamella, 1 % by the SDK's sampler": () => server('sampler'),
  },
};

export const telemetryFullRow: BenchRow = {
  type: 'rate',
  name: 'otel-full',
  about: 'The same with spans of all requests, beside node:http with its official instrumentation.',
  unit: requests,
  targets: [{ of: 'lamella, all spans', to: 'node:http, instrumented', atLeast: 1.4 }],
  contestants: {
    'node:http, instrumented': () => server('traced', 'instrumented-node-server.ts'),
    'lamella, all spans': () => server('full'),
  },
};

/** A server, and a collector of its own; a server that says that it exports must have done so. */
async function server(kind: string, script = 'telemetry-server.ts'): Promise<Contestant> {
  const collector = await startNode('otlp-collector.ts', [], LOAD_CORE);
  const subject = await startNode(script, [kind, `http://127.0.0.1:${collector.port}`]);
  return wrkContestant(subject, { path: '/', connections: 64, expected: HELLO }, async () => {
    const spans = Number(await collector.ask('spans'));
    await subject.stop();
    await collector.stop();
    if (spans === 0 && !kind.startsWith('no')) throw new Error(`nothing came to the collector of ${kind}`);
  });
}
