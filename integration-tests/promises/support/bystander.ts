import { HttpRequest } from '@lamella/http';
import type { ByteStream } from '@lamella/net-core';
import { readExactly, text, utf8 } from '@lamella/net-core/testing';
import type { Chain } from './chain.ts';

/** Somebody who uses the same proxies all the time, and must not notice what happens to others. */
export interface Bystander {
  /** Asks once more, through a tunnel that was opened at the start. @throws What went wrong, if anything did. */
  readonly ask: () => Promise<void>;
  /** Leaves. */
  readonly leave: () => void;
}

/** Opens a tunnel through the forward proxy to `origin.test`, and keeps it. */
export async function openBystander(chain: Chain): Promise<Bystander> {
  const connect = HttpRequest.from({ method: 'CONNECT', target: 'origin.test:80' });
  const client = chain.viaProxy();
  const { upgraded } = await client.serve(connect);
  if (upgraded === undefined) throw new Error('the proxy opened no tunnel');
  const { stream } = upgraded;
  let answerBytes = 0;
  return {
    async ask() {
      void stream.write([utf8('GET /bystander HTTP/1.1\r\nHost: a\r\n\r\n')]);
      const answer = await nextAnswer(stream, answerBytes);
      answerBytes = answer.length;
      if (!answer.endsWith('GET /bystander: ')) throw new Error(`the bystander got ${JSON.stringify(answer)}`);
    },
    leave() {
      stream.destroy();
      client.destroy(); // of HTTP/2: the connection below the tunnel
    },
  };
}

/** The first answer tells how long the others are. */
async function nextAnswer(stream: ByteStream, byteCount: number): Promise<string> {
  if (byteCount > 0) return text(await readExactly(stream, byteCount));
  return text((await stream.read()) ?? new Uint8Array());
}
