import type { ConformanceCase } from '@lamella/service-core/testing';
import { settle } from '@lamella/service-core/testing';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { codeOf, equal, rejectionOf } from './expect.ts';
import { collectBytes, patternBytes, readAll, readExactly, text, utf8 } from './stream-tools.ts';

/** A transport that {@link byteStreamCases} examines. */
export interface ByteStreamSubject {
  /** Opens a new connection. @returns Both of its ends. */
  connect(): Promise<readonly [near: ByteStream, far: ByteStream]>;
  /** Whether the transport can tell a reset from an end; Unix sockets can't. Default true. */
  readonly hasReset?: boolean;
}

/**
 * What every {@link ByteStream} must do, whatever carries it.
 *
 * @example
 * for (const { name, run } of byteStreamCases) it(name, () => run({ connect: async () => memoryPipe() }));
 */
export const byteStreamCases: readonly ConformanceCase<ByteStreamSubject>[] = [
  on('carries bytes both ways, in order', async (near, far) => {
    void near.write([utf8('ping '), utf8('one')]);
    void near.write([utf8(' two')]);
    equal(text(await readExactly(far, 12)), 'ping one two', 'bytes at the far end');
    void far.write([utf8('pong')]);
    equal(text(await readExactly(near, 4)), 'pong', 'bytes at the near end');
  }),
  on('ends one direction after its bytes, and leaves the other one open', async (near, far) => {
    void near.write([utf8('request')]);
    await near.closeWrite();
    equal(text(await readAll(far)), 'request', 'bytes before the end');
    equal(await far.read(), undefined, 'read after the end');
    void far.write([utf8('late answer')]);
    equal(text(await readExactly(near, 11)), 'late answer', 'bytes the other way');
    await far.closeWrite();
    equal(await near.read(), undefined, 'end of the other direction');
    equal((await near.closed).reason, 'eof', 'near end closed');
    equal((await far.closed).reason, 'eof', 'far end closed');
  }),
  on('gives no more than maxBytes, and keeps the rest', async (near, far) => {
    void near.write([utf8('abcdef')]);
    equal(text((await far.read({ maxBytes: 1 })) ?? utf8('')), 'a', 'first read');
    equal(text(await readExactly(far, 2)), 'bc', 'second read');
    equal(text(await readExactly(far, 3)), 'def', 'the rest');
    equal(codeOf(await rejectionOf(far.read({ maxBytes: 0 }), 'maxBytes of 0')), 'LML_ERR_USAGE', 'code');
  }),
  on('reads first what was put back', async (near, far) => {
    void near.write([utf8('world')]);
    far.unread(utf8('lo '));
    far.unread(utf8('hel'));
    equal(text(await readExactly(far, 11)), 'hello world', 'bytes');
    const waiting = far.read();
    far.unread(utf8('!'));
    equal(text((await waiting) ?? utf8('')), '!', 'a waiting read');
  }),
  on('reads what was put back after the end, and then the end again', async (near, far) => {
    void near.write([utf8('x')]);
    await near.closeWrite();
    equal(text(await readAll(far)), 'x', 'bytes');
    far.unread(utf8('x'));
    equal(text(await readAll(far)), 'x', 'bytes put back');
  }),
  on('refuses a second read while one is waiting', async (near, far) => {
    const first = far.read();
    equal(codeOf(await rejectionOf(far.read(), 'second read')), 'LML_ERR_USAGE', 'code');
    void near.write([utf8('x')]);
    equal(text((await first) ?? utf8('')), 'x', 'first read');
  }),
  on('loses nothing when a read is aborted', async (near, far) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const reading = far.read({ signal: controller.signal });
    controller.abort(reason);
    equal(await rejectionOf(reading, 'aborted read'), reason, 'reason');
    equal(await rejectionOf(far.read({ signal: controller.signal }), 'read with an aborted signal'), reason, 'reason');
    void near.write([utf8('still here')]);
    equal(text(await readExactly(far, 10)), 'still here', 'bytes');
  }),
  on('holds a writer back while nobody reads, and lets it go on then', async (near, far) => {
    const chunk = patternBytes(64 * 1024);
    let written = 0;
    let wait: Promise<void> | undefined;
    while (wait === undefined && written < 64 * 1024 * 1024) {
      wait = near.write([chunk.slice()]);
      written += chunk.length;
    }
    if (wait === undefined) throw new Error('64 MiB were taken without a wait');
    const reading = collectBytes(far, written);
    await wait;
    await near.closeWrite();
    const { length, checksum } = await reading;
    equal(length, written, 'bytes read');
    equal(checksum, checksumOfRepeats(chunk, written), 'checksum');
  }),
  on('carries a megabyte each way at once', async (near, far) => {
    const bytes = patternBytes(1024 * 1024);
    const send = async (stream: ByteStream): Promise<void> => {
      for (let at = 0; at < bytes.length; at += 50_000) await stream.write([bytes.slice(at, at + 50_000)]);
      await stream.closeWrite();
    };
    const [atFar, atNear] = await Promise.all([readAll(far), readAll(near), send(near), send(far)]);
    equal(Buffer.compare(atFar, bytes), 0, 'difference at the far end');
    equal(Buffer.compare(atNear, bytes), 0, 'difference at the near end');
  }),
  on('destroy without a reason is a plain end for the peer', async (near, far) => {
    void near.write([utf8('bye')]);
    near.destroy();
    equal((await near.closed).reason, 'shutdown', 'near end closed');
    equal(text(await readAll(far)), 'bye', 'bytes before the end');
  }),
  on('destroy with a reason rejects who waits, and resets the peer', async (near, far, { hasReset = true }) => {
    const reason = new Error('broken off');
    const reading = near.read();
    near.destroy(reason);
    near.destroy(new Error('a second reason is ignored'));
    equal(await rejectionOf(reading, 'waiting read'), reason, 'reason at the near end');
    const info = await near.closed;
    equal(info.reason, 'shutdown', 'near end closed');
    equal(info.error, reason, 'error of the near end');
    if (!hasReset) return;
    const failure = await rejectionOf(readAll(far), 'read at the far end');
    equal(codeOf(failure), 'LML_ERR_STREAM_RESET', 'code at the far end');
    equal((await far.closed).reason, 'reset', 'far end closed');
  }),
  on('refuses writes after closeWrite and after destroy, and never throws for it', async (near) => {
    await near.closeWrite();
    equal(codeOf(await rejectionOf(near.write([utf8('x')]), 'write after closeWrite')), 'LML_ERR_USAGE', 'code');
    near.destroy();
    equal(codeOf(await rejectionOf(near.write([utf8('x')]), 'write after destroy')), 'LML_ERR_STREAM_CLOSED', 'code');
    void near.write([utf8('ignored')]); // an unhandled rejection would fail the run
    await near.closeWrite();
    near.destroy();
  }),
  on('rejects a write that waits when the stream goes', async (near) => {
    let wait: Promise<void> | undefined;
    for (let sent = 0; wait === undefined && sent < 1024; sent++) wait = near.write([patternBytes(64 * 1024)]);
    const reason = new Error('gone');
    near.destroy(reason);
    equal(await rejectionOf(wait, 'waiting write'), reason, 'reason');
  }),
  onPush('pushes bytes and the end to a sink', async (near, far, consume) => {
    const received: string[] = [];
    const ended = Promise.withResolvers<void>();
    consume(far, { onBytes: (chunk) => void received.push(text(chunk)), onEnd: ended.resolve });
    equal(codeOf(await rejectionOf(far.read(), 'read while a sink consumes')), 'LML_ERR_USAGE', 'code');
    void near.write([utf8('one ')]);
    void near.write([utf8('two')]);
    await near.closeWrite();
    await ended.promise;
    equal(received.join(''), 'one two', 'bytes');
    equal(await far.read(), undefined, 'read after the end');
  }),
  onPush('pushes nothing to a paused sink, and all of it later', async (near, far, consume) => {
    const bytes = patternBytes(200_000);
    let received = 0;
    let isPaused = false;
    const done = Promise.withResolvers<void>();
    const source = consume(far, {
      onBytes(chunk) {
        equal(isPaused, false, 'paused when bytes came');
        received += chunk.length;
        source.pause();
        isPaused = true;
        return undefined;
      },
      onEnd: done.resolve,
    });
    void near.write([bytes]);
    void near.closeWrite();
    while (received < bytes.length) {
      await settle();
      isPaused = false;
      source.resume();
    }
    isPaused = false;
    source.resume();
    await done.promise;
    equal(received, bytes.length, 'bytes');
  }),
  onPush('pushes what was put back first, never within consume or resume', async (near, far, consume) => {
    far.unread(utf8('before '));
    const received: string[] = [];
    const ended = Promise.withResolvers<void>();
    const source = consume(far, { onBytes: (chunk) => void received.push(text(chunk)), onEnd: ended.resolve });
    equal(received.length, 0, 'chunks within consume');
    source.pause();
    void near.write([utf8('after')]);
    void near.closeWrite();
    await settle();
    source.resume();
    equal(received.length, 0, 'chunks within resume');
    await ended.promise;
    equal(received.join(''), 'before after', 'bytes');
  }),
  onPush('goes back to reading when a sink stops, with no byte lost', async (near, far, consume) => {
    const received: string[] = [];
    const stopped = Promise.withResolvers<void>();
    const source = consume(far, {
      onBytes(chunk) {
        source.stop();
        received.push(text(chunk.subarray(0, 1)));
        far.unread(Buffer.from(chunk.subarray(1)));
        stopped.resolve();
        return undefined;
      },
      onEnd() {},
    });
    void near.write([utf8('abc')]);
    void near.write([utf8('def')]);
    await near.closeWrite();
    await stopped.promise;
    const rest = await readAll(far);
    equal(received.join('') + text(rest), 'abcdef', 'bytes');
    source.pause();
    source.resume();
    source.stop();
  }),
  onPush('leaves chunks alone that the sink keeps', async (near, far, consume) => {
    const kept: Uint8Array[] = [];
    const ended = Promise.withResolvers<void>();
    consume(far, {
      onBytes(chunk) {
        kept.push(chunk);
        return 'kept';
      },
      onEnd: ended.resolve,
    });
    const bytes = patternBytes(300_000);
    for (let at = 0; at < bytes.length; at += 7_000) {
      await near.write([bytes.slice(at, at + 7_000)]);
      if (at % 3 === 0) await settle(1);
    }
    await near.closeWrite();
    await ended.promise;
    equal(Buffer.compare(Buffer.concat(kept), bytes), 0, 'difference');
  }),
  onPush('may read into memory again that it was given back, and only then', async (near, far, consume) => {
    const bytes = patternBytes(1024 * 1024);
    const parts: Uint8Array[] = [];
    const ended = Promise.withResolvers<void>();
    let kept: Uint8Array | undefined;
    const source = consume(far, {
      chunkBytes: 256 * 1024,
      onBytes(chunk) {
        parts.push(Buffer.from(chunk)); // `slice` of a `Buffer` is no copy
        if (kept !== undefined) {
          // It was not given back yet, so nothing may have come into it.
          equal(Buffer.compare(kept, parts.at(-2) ?? kept), 0, 'difference in a kept chunk');
          source.giveBack?.(kept);
        }
        kept = chunk;
        return 'kept';
      },
      onEnd: ended.resolve,
    });
    void near.write([bytes]);
    void near.closeWrite();
    await ended.promise;
    equal(Buffer.compare(Buffer.concat(parts), bytes), 0, 'difference');
  }),
  on('has sent lent bytes for good when it says so', async (near, far) => {
    if (near.writeLent === undefined) return;
    const expected = Array.from({ length: 400 }, (_, index) => String.fromCharCode(97 + (index % 26)).repeat(1_000));
    const reading = readAll(far);
    let scratch = new Uint8Array(1_000);
    for (const line of expected) {
      scratch.set(utf8(line));
      if (near.writeLent(scratch)) continue;
      const wait = near.write([]);
      if (wait === undefined) scratch = new Uint8Array(1_000); // the other one is the stream's now
      await wait;
    }
    await near.closeWrite();
    equal(text(await reading), expected.join(''), 'bytes');
  }),
  on('writes text as one byte a character, in its place between bytes, where it takes text', async (near, far) => {
    if (near.writeLatin1 === undefined) return;
    const every = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
    const reading = readAll(far);
    const expected: Uint8Array[] = [];
    for (let round = 0; round < 400; round++) {
      // From less than a packet to more than any buffer takes at once.
      const line = every.repeat(round % 100 === 0 ? 4_000 : 1 + (round % 7));
      expected.push(Buffer.from(line, 'latin1'), utf8(`${round};`));
      void near.writeLatin1(line);
      await near.write([utf8(`${round};`)]);
    }
    await near.closeWrite();
    equal(Buffer.compare(await reading, Buffer.concat(expected)), 0, 'difference');
    near.destroy();
    equal(codeOf(await rejectionOf(near.writeLatin1('late'), 'a late write')), 'LML_ERR_STREAM_CLOSED', 'code');
  }),
];

type Body = (near: ByteStream, far: ByteStream, subject: ByteStreamSubject) => Promise<void>;
type Consume = (
  stream: ByteStream,
  sink: Parameters<NonNullable<ByteStream['consume']>>[0],
) => {
  pause(): void;
  resume(): void;
  stop(): void;
  giveBack?(chunk: Uint8Array): void;
};

function on(name: string, body: Body): ConformanceCase<ByteStreamSubject> {
  return {
    name,
    async run(subject) {
      const [near, far] = await subject.connect();
      try {
        await body(near, far, subject);
      } finally {
        near.destroy();
        far.destroy();
        await Promise.all([near.closed, far.closed]);
      }
    },
  };
}

/** A case for the push path; it passes at once where a stream has none. */
function onPush(
  name: string,
  body: (near: ByteStream, far: ByteStream, consume: Consume) => Promise<void>,
): ConformanceCase<ByteStreamSubject> {
  return on(name, async (near, far) => {
    if (far.consume === undefined) return;
    await body(near, far, (stream, sink) => {
      if (stream.consume === undefined) throw new Error('one end has a push path, the other one has none');
      return stream.consume(sink);
    });
  });
}

function checksumOfRepeats(chunk: Uint8Array, length: number): number {
  let checksum = 0;
  for (let at = 0; at < length; at++) checksum = (checksum * 31 + (chunk[at % chunk.length] ?? 0)) >>> 0;
  return checksum;
}
