// Makes full TLS handshakes, 16 at a time: argument 1 is the port of the server, 2 the first byte of its answers. A line with a number of seconds on standard
// input starts a round; one line with its figures answers. A handshake counts when the server has answered one byte.
import { connect } from 'node:tls';
import { playRounds } from './rounds.ts';

const [, , port = '0', expected = '!'] = process.argv;

await playRounds(
  () =>
    new Promise((resolve, reject) => {
      const socket = connect({
        port: Number(port),
        host: '127.0.0.1',
        rejectUnauthorized: false,
        servername: 'localhost',
      });
      socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
      socket.on('data', (chunk) => {
        socket.destroy();
        resolve(chunk.toString('latin1', 0, 1));
      });
      socket.on('error', reject);
    }),
  expected,
  16,
);
