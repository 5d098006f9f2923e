import type { BenchRow, Contestant, MemoryRow } from '../support/bench-row.ts';
import { certificateFolder } from '../support/certificate.ts';
import { isInstalled, NGINX_HELLO, startNginx } from '../support/foreign.ts';
import { roundContestant } from '../support/round-contestant.ts';
import { LOAD_CORE, type SubjectProcess, startNode } from '../support/subject-process.ts';

export const handshakesRow: BenchRow = {
  type: 'rate',
  name: 'tls-handshakes',
  about: 'A server makes full TLS 1.3 handshakes (P-256), 16 at a time, and answers one byte on each connection.',
  unit: { label: 'handshakes', size: 1 },
  targets: [
    { of: 'lamella', to: 'node:tls', atLeast: 0.8 },
    { of: 'lamella, looking at the ClientHello', to: 'lamella', atLeast: 0.9 },
  ],
  contestants: {
    'node:tls': () => server((folder) => startNode('tls-server.ts', ['node', folder])),
    lamella: () => server((folder) => startNode('tls-server.ts', ['lamella', folder])),
    'lamella, looking at the ClientHello': () => server((folder) => startNode('tls-server.ts', ['peeking', folder])),
    ...(isInstalled('nginx')
      ? { nginx: () => server((folder) => startNginx(NGINX_HELLO, 1, `ssl ${folder}`), 'H') }
      : {}),
  },
};

export const leafRow: MemoryRow = {
  type: 'memory',
  name: 'tls-leaf',
  about:
    'A certificate (ECDSA, P-256) is made for a new name, 2,000 one after the other: how long the slowest of a hundred takes.',
  unit: 'milliseconds, 99th percentile',
  targets: [{ of: 'lamella', atMost: 5 }],
  contestants: { '@peculiar/x509': () => slowestLeaf('peculiar'), lamella: () => slowestLeaf('lamella') },
};

async function slowestLeaf(kind: string): Promise<number> {
  const subject = await startNode('leaf-certificates.ts', [kind]);
  try {
    await subject.ask('500');
    return Number(await subject.ask('2000'));
  } finally {
    await subject.stop();
  }
}

async function server(start: (folder: string) => Promise<SubjectProcess>, firstByte = '!'): Promise<Contestant> {
  const { folder, remove } = certificateFolder();
  const subject = await start(folder);
  const load = await startNode('handshakes.ts', [String(subject.port), firstByte], LOAD_CORE);
  const contestant = roundContestant(
    (seconds) => load.ask(String(seconds)),
    [subject, load],
    () => subject.cpuSeconds(),
  );
  return {
    ...contestant,
    async stop() {
      await contestant.stop();
      remove();
    },
  };
}
