import type { HttpRequestInit } from '@lamella/http';
import type { Http2Options } from '@lamella/http2';
import { http2 } from '@lamella/http2';
import { RawFrameReader } from '@lamella/http2/testing';
import type { ByteStream } from '@lamella/net-core';
import { settle } from '@lamella/service-core/testing';
import { PREFACE, SETTINGS_ACK, settingsFrame } from '../../../promises-h2/support/h2-script.ts';
import type { FailureWorld } from './failure-world.ts';

/** What an origin does that speaks HTTP/2 as a test likes. */
export interface Http2OriginScript {
  /** What it says when a client has come. Default: empty SETTINGS, and the acknowledgement of the client's. */
  readonly greeting?: Uint8Array;
  /** What it does for each request whose fields have come. Default: nothing. */
  readonly onRequest?: (stream: ByteStream, streamId: number) => void;
}

/** Sends a request to an origin at `origin.test:82` that plays `script`, and reads the whole response. */
export function askByHttp2(
  world: FailureWorld,
  script: Http2OriginScript,
  init: Partial<HttpRequestInit> = {},
  options: Http2Options = {},
): Promise<string> {
  listen(world, script);
  const client = world.client({ protocols: [http2(options)] });
  return world.ask({ target: 'http://origin.test:82/', ...init }, client);
}

/** Sends bytes, whoever still hears them. */
export function say(stream: ByteStream, bytes: Uint8Array): void {
  void stream.write([bytes])?.catch(() => {});
}

function listen(world: FailureWorld, script: Http2OriginScript): void {
  const listener = world.network.listen('origin.test:82');
  world.atEnd(() => void listener.close());
  void (async () => {
    for await (const { stream } of listener) {
      world.atEnd(() => stream.destroy());
      void play(stream, script);
    }
  })();
}

async function play(stream: ByteStream, { greeting = GREETING, onRequest }: Http2OriginScript): Promise<void> {
  const reader = new RawFrameReader();
  let prefaceLeft = PREFACE.length;
  say(stream, greeting.slice());
  try {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
      const skipped = Math.min(prefaceLeft, chunk.length);
      prefaceLeft -= skipped;
      for (const { type, streamId } of reader.read(chunk.subarray(skipped))) {
        if (type !== HEADERS) continue;
        await settle(2); // the client has heard the greeting
        onRequest?.(stream, streamId);
      }
    }
  } catch {
    // The client has gone.
  }
}

const GREETING = Buffer.concat([settingsFrame(), SETTINGS_ACK]);
const HEADERS = 1;
