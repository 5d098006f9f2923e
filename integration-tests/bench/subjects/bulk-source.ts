// Sends bytes through a relay to the sink behind it: argument 1 is unused, argument 2 too.
// A line `PORT SECONDS` on standard input starts a round; one line with its figures answers.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const CHUNK = Buffer.from(Array.from({ length: 256 * 1024 }, (_, index) => (index * 7 + (index >> 12)) & 0xff));
const STEP = 4_096;

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [port = 0, seconds = 1] = line.split(' ').map(Number);
  console.log(await send(port, seconds));
}

function send(port: number, seconds: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const startMs = performance.now();
    const endMs = startMs + seconds * 1_000;
    let chunkCount = 0;
    let answer = '';
    const fill = (): void => {
      while (performance.now() < endMs) {
        chunkCount++;
        if (!socket.write(CHUNK)) return;
      }
      socket.end();
    };
    socket.on('connect', fill);
    socket.on('drain', fill);
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      const wallSeconds = (performance.now() - startMs) / 1_000;
      const expected = JSON.stringify({ byteCount: chunkCount * CHUNK.length, sum: sumOf(chunkCount) });
      resolve(JSON.stringify({ units: chunkCount * CHUNK.length, wallSeconds, faults: answer === expected ? 0 : 1 }));
    });
  });
}

function sumOf(chunkCount: number): number {
  let sum = 0;
  for (let chunk = 0; chunk < chunkCount; chunk++) {
    for (let at = 0; at < CHUNK.length; at += STEP) sum = (sum * 31 + (CHUNK[at] ?? 0)) | 0;
  }
  return sum;
}
