import type { ByteStream } from '@lamella/net-core';
import { memoryPipe } from '@lamella/net-core';

/** Reads up to the end of a line, and puts back what stands behind it. */
async function readLine(stream: ByteStream, maxBytes = 1_000): Promise<string | undefined> {
  let line = Buffer.alloc(0);
  for (;;) {
    const chunk = await stream.read();
    if (chunk === undefined) return line.length === 0 ? undefined : line.toString();
    line = Buffer.concat([line, chunk]);
    const end = line.indexOf('\n');
    if (end >= 0) {
      if (end + 1 < line.length) stream.unread(line.subarray(end + 1));
      return line.subarray(0, end).toString();
    }
    if (line.length > maxBytes) throw new Error('a line without an end');
  }
}

const [near, far] = memoryPipe();
void near.write([Buffer.from('one\ntw'), Buffer.from('o\nthree')]);
void near.closeWrite(); // this direction has ended; the other one goes on

for (let line = await readLine(far); line !== undefined; line = await readLine(far)) console.log(line);
await far.write([Buffer.from('seen')]);
await far.closeWrite();
console.log(Buffer.from((await near.read()) ?? []).toString(), await near.closed);
