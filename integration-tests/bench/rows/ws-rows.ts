import type { BenchRow, Contestant } from '../support/bench-row.ts';
import { roundContestant } from '../support/round-contestant.ts';
import type { SubjectProcess } from '../support/subject-process.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';

const messages = { label: 'messages', size: 1 };

export const wsEchoRow: BenchRow = {
  type: 'rate',
  name: 'ws-echo',
  about: 'A WebSocket server sends text of 32 bytes back, 64 connections with one message under way each.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'ws on node:http', atLeast: 0.95 }],
  contestants: { 'ws on node:http': () => echo('ws', 32), lamella: () => echo('lamella', 32) },
};

export const wsEchoLongRow: BenchRow = {
  type: 'rate',
  name: 'ws-echo-1k',
  about: 'The same with text of 1 KiB.',
  unit: messages,
  targets: [{ of: 'lamella', to: 'ws on node:http', atLeast: 0.95 }],
  contestants: { 'ws on node:http': () => echo('ws', 1_024), lamella: () => echo('lamella', 1_024) },
};

async function echo(kind: string, bytes: number): Promise<Contestant> {
  const server = await startNode('ws-echo.ts', [kind]);
  return loaded(server, bytes);
}

async function loaded(subject: SubjectProcess, bytes: number, ...others: SubjectProcess[]): Promise<Contestant> {
  const load = await startNode('ws-load.ts', ['64', String(bytes), String(subject.port)], LOAD_CORE);
  return roundContestant(
    (seconds) => load.ask(String(seconds)),
    [subject, load, ...others],
    () => subject.cpuSeconds(),
  );
}
