// Honest clients of HTTP/2 in clear, at an even pace: arguments 1 and 2 are unused. A line `PORT PER_SECOND SECONDS` on standard input
// starts them on four connections; every tenth request is aborted, as people do who leave a page. One line of JSON answers.
import { connect, constants } from 'node:http2';
import { createInterface } from 'node:readline';
import { HELLO } from './payloads.ts';

/** What became of the requests of honest clients. */
export interface HonestReport {
  readonly sent: number;
  /** Answered as they should be. */
  readonly right: number;
  readonly aborted: number;
  readonly faults: number;
  /** Connections that the server gave up. */
  readonly goaways: number;
}

const CONNECTIONS = 4;

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [port = 0, perSecond = 0, seconds = 0] = line.split(' ').map(Number);
  console.log(JSON.stringify(await play(port, perSecond, seconds)));
}
process.exit();

async function play(port: number, perSecond: number, seconds: number): Promise<HonestReport> {
  let [sent, right, aborted, faults, goaways] = [0, 0, 0, 0, 0];
  const sessions = Array.from({ length: CONNECTIONS }, () =>
    connect(`http://127.0.0.1:${port}`)
      .on('goaway', () => goaways++)
      .on('error', () => faults++),
  );
  const pending: Promise<void>[] = [];
  const beganMs = performance.now();
  for (let elapsedMs = 0; elapsedMs < seconds * 1_000; elapsedMs = performance.now() - beganMs) {
    for (; sent < (elapsedMs * perSecond) / 1_000; sent++) {
      const session = sessions[sent % CONNECTIONS];
      if (session === undefined || session.closed) faults++;
      else pending.push(ask(session, sent % 10 === 9));
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(pending);
  for (const session of sessions) session.destroy();
  return { sent, right, aborted, faults, goaways };

  function ask(session: ReturnType<typeof connect>, isAborted: boolean): Promise<void> {
    return new Promise((resolve) => {
      const stream = session.request({ ':path': '/' });
      let body = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      stream.on('error', () => faults++);
      stream.on('close', () => {
        if (isAborted) aborted++;
        else if (body === HELLO) right++;
        else faults++;
        resolve();
      });
      stream.end();
      if (isAborted) stream.close(constants.NGHTTP2_CANCEL);
    });
  }
}
