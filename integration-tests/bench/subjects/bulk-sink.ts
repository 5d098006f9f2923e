// The far end of a relay: reads everything, then answers with how many bytes there were and what their sum is.
// Argument 1 is unused, argument 2 the port.
import { createServer } from 'node:net';

const [, , , port = '0'] = process.argv;
const server = createServer({ allowHalfOpen: true }, (socket) => {
  let byteCount = 0;
  let sum = 0;
  socket.on('data', (chunk: Buffer) => {
    // One byte a page: enough to see that the right bytes came in the right order, cheap enough not to be what is measured.
    for (let at = (STEP - (byteCount % STEP)) % STEP; at < chunk.length; at += STEP)
      sum = (sum * 31 + (chunk[at] ?? 0)) | 0;
    byteCount += chunk.length;
  });
  socket.on('end', () => socket.end(JSON.stringify({ byteCount, sum })));
  socket.on('error', () => socket.destroy());
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));

const STEP = 4_096;
