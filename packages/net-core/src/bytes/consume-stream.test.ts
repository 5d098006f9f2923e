import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { readExactly, text, utf8 } from '../testing/stream-tools.ts';
import type { ByteStream, Pausable } from './byte-stream.ts';
import { consumeStream } from './consume-stream.ts';

checkLedger({ beforeEach, afterEach });

describe.each([
  { path: 'the push path', plain: (stream: ByteStream) => stream },
  { path: 'reads, where there is no push path', plain: onlyReads },
])('consumeStream by $path', ({ plain }) => {
  it('gives everything, and then the end once', async () => {
    const { far, heard, close } = open(plain);
    void far.write([utf8('one ')]);
    await settle();
    void far.write([utf8('two')]);
    void far.closeWrite();
    await settle();
    expect(heard.join('')).toBe('one two[end]');
    close();
  });

  it('gives nothing while it is paused, though a read was waiting', async () => {
    const { far, source, heard, close } = open(plain);
    source.pause();
    void far.write([utf8('late')]);
    await settle();
    expect(heard).toEqual([]);
    source.resume();
    expect(heard).toEqual([]); // never within the call
    await settle();
    expect(heard).toEqual(['late']);
    close();
  });

  it('may be paused and resumed by the sink itself, at every chunk', async () => {
    const { far, source, heard, close } = open(plain, () => {
      source.pause();
      source.resume();
    });
    for (const part of ['a', 'b', 'c']) {
      void far.write([utf8(part)]);
      await settle();
    }
    expect(heard).toEqual(['a', 'b', 'c']);
    close();
  });

  it('leaves what comes after a stop in the stream', async () => {
    const { near, far, source, heard, close } = open(plain);
    source.stop();
    source.stop();
    void far.write([utf8('mine')]);
    await settle();
    expect(heard).toEqual([]);
    expect(text(await readExactly(near, 4))).toBe('mine');
    close();
  });

  it('tells nothing of a stream that fails: its `closed` does', async () => {
    const { near, far, heard } = open(plain);
    far.destroy(new Error('gone'));
    expect((await near.closed).reason).toBe('reset');
    expect(heard).toEqual([]);
  });
});

function open(plain: (stream: ByteStream) => ByteStream, onBytes: () => void = () => {}) {
  const [end, far] = memoryPipe();
  const near = plain(end);
  const heard: string[] = [];
  const source: Pausable = consumeStream(near, {
    onBytes(chunk) {
      heard.push(text(chunk));
      onBytes();
      return undefined;
    },
    onEnd: () => heard.push('[end]'),
  });
  const close = (): void => {
    near.destroy();
    far.destroy();
  };
  return { near, far, source, heard, close };
}

/** The stream without its fast paths, as an adapter might be. */
function onlyReads(stream: ByteStream): ByteStream {
  return {
    read: (options) => stream.read(options),
    unread: (chunk) => stream.unread(chunk),
    write: (chunks) => stream.write(chunks),
    closeWrite: () => stream.closeWrite(),
    destroy: (reason) => stream.destroy(reason),
    closed: stream.closed,
  };
}
