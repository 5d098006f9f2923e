// A long way to a server: argument 1 is its port, 2 the time of one way in milliseconds, 3 the port. Bytes take that time and no more, however
// many there are: what holds them back is what both ends allow each other.
import { connect, createServer, type Socket } from 'node:net';

const [, , origin = '0', oneWayMs = '0', port = '0'] = process.argv;

/** Passes on what comes from one socket to the other one, later. */
function delay(from: Socket, to: Socket): void {
  const waiting: { readonly dueMs: number; readonly chunk: Buffer | undefined }[] = [];
  function push(chunk: Buffer | undefined): void {
    waiting.push({ dueMs: performance.now() + Number(oneWayMs), chunk });
    if (waiting.length === 1) setTimeout(pass, Number(oneWayMs));
  }
  function pass(): void {
    while ((waiting[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= performance.now()) {
      const chunk = waiting.shift()?.chunk;
      if (chunk === undefined) to.end();
      else to.write(chunk);
    }
    const [next] = waiting;
    if (next !== undefined) setTimeout(pass, Math.max(0, next.dueMs - performance.now()));
  }
  from.setNoDelay();
  from.on('data', (chunk: Buffer) => push(chunk));
  from.on('end', () => push(undefined));
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroySoon());
}

const server = createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ port: Number(origin), host: '127.0.0.1', allowHalfOpen: true });
  delay(near, far);
  delay(far, near);
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
