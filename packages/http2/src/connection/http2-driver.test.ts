import type { HttpProtocol } from '@lamella/http';
import { HttpBody, HttpRequest } from '@lamella/http';
import type { ByteSink, ByteStream } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { expect, it } from 'vitest';
import { headers, reset, SETTINGS_ACK, settings, windowUpdate } from '../../test/support/frames.ts';
import { http2 } from '../client/http2.ts';

it('what the user of one stream throws does not stop the others', async () => {
  const { connection, receive, end } = open(http2());
  receive(settings(), SETTINGS_ACK);
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
  expect(() => receive(reset(1, 8), answer)).toThrow('a source that can not be told');
  expect((await second).status).toBe(204);
  await failed;
  end();
});

it('looks at deadlines while there is always something to write, and room for it', async () => {
  const { connection, clock, receive, written, end } = open(
    http2({ timeouts: { responseHeadTimeoutMs: 1_000 } }),
    true,
  );
  receive(settings([INITIAL_WINDOW_SIZE, 0x7fff_ffff]), SETTINGS_ACK, windowUpdate(0, 0x7000_0000));
  const body = HttpBody.from(new Uint8Array(MANY_BYTES));
  const upload = connection.serve(HttpRequest.from({ method: 'POST', target: 'http://a.test/', body }));
  const broken = expect(upload).rejects.toThrow('over');
  await settle(1);
  const late = expect(connection.serve(HttpRequest.from({ target: 'http://a.test/' }))).rejects.toMatchObject({
    code: 'LML_ERR_TIMEOUT',
  });
  await settle(1);
  await clock.advanceAsync(1_000);
  await late;
  expect(written()).toBeLessThan(MANY_BYTES);
  end(new Error('over'));
  await broken;
});

/** A connection whose server is what the test says. @param isHungry - Whether that takes all there is, at once. */
function open(protocol: HttpProtocol, isHungry = false) {
  const [near, far] = memoryPipe();
  const clock = new FakeClock();
  let sink: ByteSink | undefined;
  let written = 0;
  const stream: ByteStream = {
    read: (options) => near.read(options),
    unread: (chunk) => near.unread(chunk),
    write(chunks) {
      for (const { length } of chunks) written += length;
      return isHungry ? undefined : near.write(chunks);
    },
    closeWrite: () => near.closeWrite(),
    destroy: (reason) => near.destroy(reason),
    closed: near.closed,
    consume(given) {
      sink = given;
      return { pause() {}, resume() {}, stop() {} };
    },
  };
  const connection = protocol.open(createConnection(stream), { isToProxy: false, clock });
  return {
    connection,
    clock,
    receive: (...frames: readonly Uint8Array[]) => void sink?.onBytes(Buffer.concat(frames)),
    written: () => written,
    end(reason?: Error) {
      connection.destroy(reason);
      far.destroy();
    },
  };
}

const INITIAL_WINDOW_SIZE = 4;
const MANY_BYTES = 64 * 1024 * 1024;
