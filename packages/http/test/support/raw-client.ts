import type { ByteStream } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import type { Lifecycle, Service } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { HttpRequest, HttpResponse, HttpServerLayerOptions } from '../../src/index.ts';
import { httpServerLayer } from '../../src/index.ts';

/** A server connection in memory, and the bytes of its client. */
export interface RawClient {
  readonly stream: ByteStream;
  /** Resolves when the server is done with the connection. */
  readonly served: Promise<void>;
  /** What the server's `onError` heard. */
  readonly errors: unknown[];
  readonly clock: FakeClock;
  /** Sends text, one character a byte. */
  send(text: string): void;
  /** Lets everything run that needs no time, and gives all text received so far since the last call. */
  received(): Promise<string>;
  /** Number of chunks received so far: one a write of the server. */
  readonly chunkCount: number;
  /** Whether the server has ended its direction, and whether it did so by a reset. */
  readonly ended: 'no' | 'end' | 'reset';
}

/** Options of {@link rawClient}. */
export interface RawClientOptions extends Omit<HttpServerLayerOptions, 'clock' | 'onError'> {
  readonly clock?: FakeClock;
  readonly lifecycle?: Lifecycle;
  /** Whether the client reads nothing. Default false. */
  readonly stopsReading?: boolean;
}

/** Opens a connection to a server for `service`; close it by ending the stream. */
export function rawClient(service: Service<HttpRequest, HttpResponse>, options: RawClientOptions = {}): RawClient {
  const { clock = new FakeClock() } = options;
  const [stream, far] = memoryPipe({ clock });
  const errors: unknown[] = [];
  const server = httpServerLayer({ ...options, clock, onError: (error) => errors.push(error) })(service);
  const served = server.serve(createConnection(far));
  let text = '';
  let chunkCount = 0;
  let ended: RawClient['ended'] = 'no';
  const read = async (): Promise<void> => {
    try {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
        chunkCount++;
        text += Buffer.from(chunk).toString('latin1');
      }
      ended = 'end';
    } catch {
      ended = 'reset';
    }
  };
  if (options.stopsReading !== true) void read();
  return {
    stream,
    served,
    errors,
    clock,
    send: (bytes) => void stream.write([Buffer.from(bytes, 'latin1')]),
    async received() {
      await settle(8);
      const all = text;
      text = '';
      return all;
    },
    get chunkCount() {
      return chunkCount;
    },
    get ended() {
      return ended;
    },
  };
}

/** Takes what changes from run to run out of a response. */
export function withoutDate(response: string): string {
  return response.replace(/Date: [^\r]*\r\n/g, '');
}
