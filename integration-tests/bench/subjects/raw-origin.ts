// The cheapest origin that Node can be: argument 1 is unused, argument 2 the port. It reads no more of a request than its end.
import { createServer, type Socket } from 'node:net';
import { HELLO, LARGE } from './payloads.ts';

const [, , , port = '0'] = process.argv;
const hello = answer('application/json', Buffer.from(HELLO));
const large = answer('text/plain', LARGE);

createServer({ noDelay: true }, serve).listen(Number(port), '127.0.0.1', () => console.log('ready'));

function serve(socket: Socket): void {
  let rest = '';
  socket.on('data', (chunk) => {
    const requests = (rest + chunk.toString('latin1')).split('\r\n\r\n');
    rest = requests.pop() ?? '';
    if (requests.length === 0) return;
    const answers = requests.map((request) => (request.startsWith('GET /large') ? large : hello));
    socket.write(answers.length === 1 ? (answers[0] ?? hello) : Buffer.concat(answers));
  });
  socket.on('error', () => socket.destroy());
}

function answer(type: string, body: Buffer): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
