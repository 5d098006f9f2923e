// Attackers of HTTP/2, frame by frame: arguments 1 and 2 are unused. A line `PORT ATTACK ATTACKERS PAUSE_MS SECONDS` on standard input has
// that many attackers send as much as they can for so many seconds; who is thrown out comes back after the pause. One line of JSON
// answers with what became of their connections.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { type Attack, attacks } from './h2-attacks.ts';
import { FrameWatch } from './h2-frame-watch.ts';

/** What became of the connections of all attackers. */
export interface AttackReport {
  readonly connections: number;
  /** Connections that the server ended by itself. */
  readonly ended: number;
  /** Those of them that were told so by GOAWAY. */
  readonly goaways: number;
  /** Longest time from the first bytes of an attack to the end, in milliseconds, of those that were ended. */
  readonly longestMs: number;
  readonly megabytesSent: number;
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [port = '', name = '', attackers = '', pauseMs = '', seconds = ''] = line.split(' ');
  const attack = attacks[name];
  if (attack === undefined) throw new Error(`attacks: ${Object.keys(attacks).join(', ')}`);
  const endMs = performance.now() + Number(seconds) * 1_000;
  const ends: End[] = [];
  const attacker = async (): Promise<void> => {
    while (performance.now() < endMs) {
      ends.push(await assault(Number(port), attack, endMs));
      await sleep(Math.min(Number(pauseMs), Math.max(0, endMs - performance.now())));
    }
  };
  await Promise.all(Array.from({ length: Number(attackers) }, attacker));
  const ended = ends.filter(({ isByServer }) => isByServer);
  const report: AttackReport = {
    connections: ends.length,
    ended: ended.length,
    goaways: ended.filter(({ hasGoaway }) => hasGoaway).length,
    longestMs: Math.round(Math.max(0, ...ended.map(({ ms }) => ms))),
    megabytesSent: ends.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6,
  };
  console.log(JSON.stringify(report));
}
process.exit();

interface End {
  readonly isByServer: boolean;
  readonly hasGoaway: boolean;
  readonly ms: number;
  readonly bytes: number;
}

/** One connection, until the server has had enough or the time is over. */
function assault(port: number, attack: Attack, endMs: number): Promise<End> {
  return new Promise((resolve) => {
    const watch = new FrameWatch();
    const beganMs = performance.now();
    let [isOver, isByServer, round, bytes, endedMs] = [false, false, 0, 0, beganMs];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(attack.begin);
      send();
    });
    function send(): void {
      if (isOver) return;
      if (performance.now() >= endMs) return void leave(false);
      // A round a turn of the loop: what comes back is read in between.
      const frames = attack.round?.(round++);
      if (frames === undefined) return void setTimeout(send, 50);
      bytes += frames.length;
      if (socket.write(frames)) setImmediate(send);
      else socket.once('drain', send);
    }
    function leave(byServer: boolean): void {
      if (isOver) return;
      [isOver, isByServer, endedMs] = [true, byServer, performance.now()];
      // What the server has said may still be on its way: it closes when it is through.
      if (byServer && watch.hasGoaway) socket.destroy();
      else setTimeout(() => socket.destroy(), byServer ? 20 : 0);
    }
    socket.on('data', (chunk: Buffer) => {
      watch.take(chunk);
      if (watch.hasGoaway) leave(true);
    });
    socket.on('end', () => leave(true));
    socket.on('error', () => leave(true));
    socket.on('close', () => {
      leave(true);
      resolve({ isByServer, hasGoaway: watch.hasGoaway, ms: endedMs - beganMs, bytes });
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
