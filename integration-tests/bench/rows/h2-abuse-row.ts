import type { AttackReport } from '../subjects/h2-attackers.ts';
import type { HonestReport } from '../subjects/h2-honest.ts';
import type { MemoryRow } from '../support/bench-row.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';

/** How an attack is to end: by the server within a second, or by deadlines that are longer than a round. */
const ENDS: Readonly<Record<string, boolean>> = {
  'rapid-reset': true,
  'made-you-reset': true,
  continuation: true,
  'empty-continuation': true,
  settings: true,
  ping: true,
  'empty-data': true,
  'priority-update': true,
  'window-stall': false,
  'window-dribble': true,
};

export const h2AbuseRow: MemoryRow = {
  type: 'memory',
  name: 'h2-abuse',
  about:
    'A server answers 500 honest requests a second by HTTP/2, a tenth of them aborted, while 4 attackers send all they can and come back ' +
    'a second after they were thrown out: what each attack takes of its core, beside what honest clients take. A run fails if an honest ' +
    'request goes wrong, if a connection that attacks is not ended within a second, by GOAWAY, or if memory grows by more than 64 MiB.',
  unit: '% of a core',
  targets: Object.keys(ENDS).map((of) => ({ of, atMost: 5 })),
  contestants: {
    'honest clients': () => measure(undefined),
    ...Object.fromEntries(Object.keys(ENDS).map((attack) => [attack, () => measure(attack)])),
  },
};

/** CPU of the server in percent of its core: of honest clients alone, or what an attack adds to it. */
async function measure(attack: string | undefined): Promise<number> {
  const server = await startNode('h2-server.ts', ['quiet', 'clear']);
  const honest = await startNode('h2-honest.ts', ['honest', 'clear'], LOAD_CORE);
  const attackers = await startNode('h2-attackers.ts', ['attackers', 'clear'], LOAD_CORE);
  try {
    const round = async (during?: () => Promise<void>): Promise<number> => {
      const before = await server.cpuSeconds();
      const asking = honest.ask(`${server.port} ${HONEST_PER_SECOND} ${SECONDS}`);
      await during?.();
      checkHonest(attack, JSON.parse(await asking) as HonestReport); // what our own subject has printed
      return (((await server.cpuSeconds()) - before) / SECONDS) * 100;
    };
    const assail = async (name: string): Promise<void> => {
      const report = await attackers.ask(`${server.port} ${name} ${ATTACKERS} ${PAUSE_MS} ${SECONDS}`);
      checkAttack(name, JSON.parse(report) as AttackReport); // as above
    };
    await round(attack === undefined ? undefined : () => assail(attack)); // warm, and with all that memory ever needs
    const memory = Number(await server.ask('memory'));
    const alone = await round();
    if (attack === undefined) return alone;
    const together = await round(() => assail(attack));
    const growth = Number(await server.ask('memory')) - memory;
    if (growth > MAX_GROWTH_BYTES) throw new Error(`${attack}: memory grew by ${Math.round(growth / 1e6)} MB`);
    return Math.max(0, together - alone);
  } finally {
    for (const each of [attackers, honest, server]) await each.stop();
  }
}

function checkHonest(attack = 'nothing', { sent, right, aborted, faults, goaways }: HonestReport): void {
  const isUnharmed = faults === 0 && goaways === 0 && right + aborted === sent;
  // They keep their pace by themselves: who is not answered in time sends less.
  const isInTime = sent >= 0.9 * HONEST_PER_SECOND * SECONDS;
  if (isUnharmed && isInTime) return;
  throw new Error(`${attack} harmed honest clients: ${JSON.stringify({ sent, right, aborted, faults, goaways })}`);
}

function checkAttack(attack: string, report: AttackReport): void {
  const { connections, ended, goaways, longestMs } = report;
  // Of those that are still writing, some meet a reset that overtakes what the server has said.
  const isStopped = ended >= ATTACKERS && goaways > 0 && longestMs < 1_000;
  if (connections >= ATTACKERS && (isStopped || ENDS[attack] === false)) return;
  throw new Error(`${attack} was not stopped: ${JSON.stringify(report)}`);
}

const HONEST_PER_SECOND = 500;
const SECONDS = 5;
const ATTACKERS = 4;
const PAUSE_MS = 1_000;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
