import type { lookup } from 'node:dns';
import type { HttpClient, HttpClientOptions } from '@lamella/http';
import { createHttpClient, HttpRequest } from '@lamella/http';
import type { Http2Options } from '@lamella/http2';
import type { ByteStream, MemoryNetwork } from '@lamella/net-core';
import { memoryNetwork, parseAddress } from '@lamella/net-core';
import { text, utf8 } from '@lamella/net-core/testing';
import { happyEyeballsConnector, systemResolver } from '@lamella/net-tcp';
import { FakeClock } from '@lamella/service-core/testing';
import {
  FrameLinesReader,
  framesOf,
  PREFACE,
  SETTINGS_ACK,
  settingsFrame,
} from '../../promises-h2/support/h2-script.ts';
import type { HttpVersion } from './http-version.ts';
import { protocolOf } from './http-version.ts';

/** What a peer does with its connections: serve them, or fall silent at some point. */
export type Manner =
  | 'answers'
  | 'silent'
  | 'interim, then silent'
  | 'half a head'
  | 'half a body'
  | 'reads nothing'
  | 'answers once'
  | 'settings, then silent';

/** A client, and peers that fall silent when they are told to. Names are looked up as the system would. */
export class SilentWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork = memoryNetwork({ clock: this.clock });
  /** What the peers do with connections from now on. */
  manner: Manner = 'answers';
  /** Whether the system answers lookups. */
  hasNames = true;
  /** What clients and peers speak. */
  readonly version: HttpVersion;
  /** Connections that the peers have got. */
  accepted = 0;
  /** How clients ask for signs of life, by HTTP/2. */
  http2: Http2Options = {};
  readonly #ends: (() => void)[] = [];

  constructor(version: HttpVersion = 'HTTP/1.1') {
    this.version = version;
    for (const address of ['10.0.0.1:80', '10.0.0.1:443', '10.0.0.1:3128']) {
      const listener = this.network.listen(address);
      this.#ends.push(() => void listener.close());
      void (async () => {
        for await (const { stream } of listener) this.#serve(stream, this.manner);
      })();
    }
  }

  /** Stands in for the lookup of the system: every name is at 10.0.0.1. */
  readonly lookUp = ((_name: string, options: { family: number }, callback: LookupCallback): void => {
    if (this.hasNames) callback(null, options.family === 4 ? [{ address: '10.0.0.1', family: 4 }] : []);
  }) as typeof lookup; // the one form of it that the resolver uses

  /** Makes a client with the defaults of a program. */
  client(options: Partial<HttpClientOptions> = {}): HttpClient {
    const { clock } = this;
    const connector = happyEyeballsConnector({
      resolver: systemResolver({ clock }),
      connector: this.network.connector(),
      clock,
    });
    const client = createHttpClient({
      connector,
      protocols: [protocolOf(this.version, this.http2)],
      clock,
      ...options,
    });
    this.#ends.push(() => client.destroy());
    return client;
  }

  /** Makes a client that sends everything to a proxy. */
  clientOfProxy(): HttpClient {
    return this.client({ proxy: parseAddress('proxy.test:3128') });
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const end of this.#ends) end();
    this.network.blackHole('10.0.0.1', false);
    await this.clock.advanceAsync(1_000);
  }

  #serve(stream: ByteStream, manner: Manner): void {
    this.accepted++;
    this.#ends.push(() => stream.destroy());
    if (manner === 'reads nothing') return;
    if (this.version === 'HTTP/2') return void this.#serveHttp2(stream, manner);
    let [received, answers] = ['', 0];
    stream.consume?.({
      onBytes: (chunk) => {
        received += text(chunk);
        if (!received.includes('\r\n\r\n')) return undefined;
        received = '';
        const isMute = manner === 'answers once' && answers++ > 0;
        if (!isMute && ANSWERS[manner] !== '') void stream.write([utf8(ANSWERS[manner])]);
        return undefined;
      },
      onEnd: () => stream.destroy(),
    });
  }

  /** Each request is answered in the manner of its time, and no ping is. */
  #serveHttp2(stream: ByteStream, manner: Manner): void {
    const write = (...frames: readonly Uint8Array[]): void => void stream.write(frames)?.catch(() => {});
    const reader = new FrameLinesReader();
    let [isGreeted, skipped, answers] = [false, 0, 0];
    stream.consume?.({
      onBytes: (chunk) => {
        if (manner === 'silent') return undefined;
        if (!isGreeted) write(settingsFrame(), SETTINGS_ACK);
        isGreeted = true;
        const rest = chunk.subarray(PREFACE.length - skipped);
        skipped = Math.min(PREFACE.length, skipped + chunk.length);
        for (const line of reader.read(rest)) {
          const [, number = '1'] = /^(?:(\d+) )?HEADERS/.exec(line) ?? [undefined, ''];
          if (number === '' || (manner === 'answers once' && answers++ > 0)) continue;
          write(
            framesOf(
              (HTTP2_ANSWERS[this.manner] ?? []).map((frame) => `${FRAME.test(frame) ? `${number} ` : ''}${frame}`),
            ),
          );
        }
        return undefined;
      },
      onEnd: () => stream.destroy(),
    });
  }
}

/** Makes a GET for the peers of a {@link SilentWorld}. */
export function get(signal?: AbortSignal): HttpRequest {
  return HttpRequest.from({ target: 'http://origin.test/', ...(signal && { signal }) });
}

type LookupCallback = (error: null, addresses: readonly { address: string; family: number }[]) => void;

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const ANSWERS: Readonly<Record<Manner, string>> = {
  answers: OK,
  'answers once': OK,
  silent: '',
  'settings, then silent': '',
  'reads nothing': '',
  'interim, then silent': 'HTTP/1.1 103 Early Hints\r\n\r\n',
  'half a head': 'HTTP/1.1 200 OK\r\nContent-',
  'half a body': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ',
};

const OK_FRAMES = ['HEADERS', ':status: 200', 'DATA "ok" END'];

/** The same in frames. */
const HTTP2_ANSWERS: Readonly<Partial<Record<Manner, readonly string[]>>> = {
  answers: OK_FRAMES,
  'answers once': OK_FRAMES,
  'interim, then silent': ['HEADERS', ':status: 103'],
  'half a body': ['HEADERS', ':status: 200', 'DATA "half "'],
};

const FRAME = /^(?:HEADERS|DATA)/;
