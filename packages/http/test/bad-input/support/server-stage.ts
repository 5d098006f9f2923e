import type { ByteStream } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { HttpRequest } from '../../../src/index.ts';
import { HttpResponse, httpServerLayer } from '../../../src/index.ts';
import { bytesOf } from '../../support/codec.ts';

/** What came of one connection. */
export interface ServerOutcome {
  /** Every byte that the server sent. */
  readonly answers: string;
  readonly end: 'closed' | 'kept' | 'reset';
  /** What reached the service whole. */
  readonly serves: readonly string[];
}

/** A server in memory that reads every request whole and says `ok`, but `no` to CONNECT. One server, a connection for each input. */
export class ServerStage {
  readonly clock: FakeClock = new FakeClock();
  /** What the server reported as a failure of the service: never the fault of a client. */
  readonly errors: unknown[] = [];
  #served: string[] = [];
  readonly #server = httpServerLayer({ clock: this.clock, onError: (error) => this.errors.push(error) })({
    serve: async (request: HttpRequest) => {
      const content = Buffer.from(await request.body.bytes()).toString('latin1');
      const { method, target, authority = '-', body } = request;
      const trailers = body.trailers === undefined ? '' : ` ${JSON.stringify([...body.trailers])}`;
      this.#served.push(`${method} ${authority} ${target} ${JSON.stringify(content)}${trailers}`);
      return method === 'CONNECT' ? HttpResponse.text('no', { status: 405 }) : HttpResponse.text('ok');
    },
  });

  /** Sends the parts one after the other on a connection of their own, and ends it. */
  async run(parts: readonly Uint8Array[], ending?: 'end' | 'reset'): Promise<ServerOutcome> {
    const [near, far] = memoryPipe({ clock: this.clock });
    const served = this.#server.serve(createConnection(far));
    const reading = readAll(near);
    for (const part of parts) {
      void near.write([part]);
      await settle(1);
    }
    if (ending === 'end') void near.closeWrite();
    if (ending === 'reset') near.destroy(new Error('the test resets'));
    await settle(2);
    const { answers, ended } = reading;
    const end = ended === 'end' ? 'closed' : ended === 'reset' && ending !== 'reset' ? 'reset' : 'kept';
    near.destroy();
    await served;
    const serves = this.#served;
    this.#served = [];
    return { answers, end, serves };
  }

  /** A client that does nothing wrong. */
  async runGood(): Promise<ServerOutcome> {
    return this.run([bytesOf('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n')]);
  }
}

interface Reading {
  answers: string;
  ended: 'no' | 'end' | 'reset';
}

function readAll(stream: ByteStream): Reading {
  const reading: Reading = { answers: '', ended: 'no' };
  const read = async (): Promise<void> => {
    try {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
        reading.answers += Buffer.from(chunk).toString('latin1');
      }
      reading.ended = 'end';
    } catch {
      reading.ended = 'reset';
    }
  };
  void read();
  return reading;
}
