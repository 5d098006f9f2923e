// Opens HTTP/2 connections in clear by hand, with streams on each, and keeps them: argument 1 is unused, argument 2 too.
// A line `PORT CONNECTIONS STREAMS` on standard input opens them: with 0 streams each has one answer and is idle then, else that many
// requests wait for an answer that never comes. `close` closes all. One line answers when it is done.
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const NOTHING = Buffer.alloc(0);
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;

const sockets: Socket[] = [];
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'close') for (const socket of sockets.splice(0)) socket.destroy();
  else {
    const [port = 0, count = 0, streams = 0] = line.split(' ').map(Number);
    while (sockets.length < count) {
      const batch = Math.min(50, count - sockets.length);
      sockets.push(...(await Promise.all(Array.from({ length: batch }, () => open(port, streams)))));
    }
  }
  console.log(sockets.length);
}

function open(port: number, streams: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const ids = Array.from({ length: Math.max(1, streams) }, (_, index) => 2 * index + 1);
    const path = streams === 0 ? '/' : '/wait';
    const requests = ids.map((id) => frame(HEADERS, END_STREAM | END_HEADERS, id, head(path)));
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, NOTHING), ...requests, frame(SETTINGS, ACK, 0, NOTHING)]),
      );
    });
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      // The last thing that comes: the answer to the request, or the acknowledgement of our settings.
      if (hasFrame(received, streams === 0 ? DATA : SETTINGS, 1)) resolve(socket);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
  });
}

/** Whether a frame of that type and with that flag is in there whole. */
function hasFrame(bytes: Buffer, type: number, flag: number): boolean {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === type && ((bytes[at + 4] ?? 0) & flag) !== 0) return true;
  }
  return false;
}

/** GET by HTTP, without entries of any table but the static one. */
function head(path: string): Buffer {
  const literal = (index: number, value: string): Buffer =>
    Buffer.concat([Buffer.of(index, value.length), Buffer.from(value)]);
  return Buffer.concat([Buffer.of(0x82, 0x86), literal(0x04, path), literal(0x01, 'localhost')]);
}

function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}
