import { HttpBody, HttpRequest } from '@lamella/http';
import type { ByteSink, ByteStream } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { expect, it } from 'vitest';
import { headers, reset, SETTINGS_ACK, settings } from '../../test/support/frames.ts';
import { http2 } from '../client/http2.ts';

it('what the user of one stream throws does not stop the others', async () => {
  const [near, far] = memoryPipe();
  let sink: ByteSink | undefined;
  const stream: ByteStream = {
    read: (options) => near.read(options),
    unread: (chunk) => near.unread(chunk),
    write: (chunks) => near.write(chunks),
    closeWrite: () => near.closeWrite(),
    destroy: (reason) => near.destroy(reason),
    closed: near.closed,
    consume(given) {
      sink = given;
      return { pause() {}, resume() {}, stop() {} };
    },
  };
  const connection = http2().open(createConnection(stream), { isToProxy: false, clock: new FakeClock() });
  sink?.onBytes(Buffer.concat([settings(), SETTINGS_ACK]));
  const body = HttpBody.fromSource({
    read: () => new Promise(() => {}),
    cancel() {
      throw new Error('a source that can not be told');
    },
  });
  const first = connection.serve(HttpRequest.from({ method: 'POST', target: 'http://a.test/', body }));
  const second = connection.serve(HttpRequest.from({ target: 'http://a.test/' }));
  await settle();
  const failed = expect(first).rejects.toMatchObject({ code: 'LML_ERR_HTTP_STREAM_RESET' });
  const answer = headers(3, [':status', '204'], { end: true });
  expect(() => sink?.onBytes(Buffer.concat([reset(1, 8), answer]))).toThrow('a source that can not be told');
  expect((await second).status).toBe(204);
  await failed;
  connection.destroy();
  far.destroy();
});
