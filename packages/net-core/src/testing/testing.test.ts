import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteCursor } from '../bytes/byte-cursor.ts';
import { assertDecodeFails, assertDecodes, splitsOf } from './assert-decodes.ts';
import { checkLedger } from './ledger-check.ts';
import { end, receive, receiveEnd, reset, scriptedStream, send } from './scripted-stream.ts';
import { readAll, text, utf8 } from './stream-tools.ts';

checkLedger({ beforeEach, afterEach });

/** Pairs of bytes as their sum; 255 is malformed. */
class PairDecoder {
  #first: number | undefined;

  decode(input: ByteCursor): number | undefined {
    for (let byte = input.next(); byte !== undefined; byte = input.next()) {
      if (byte === 255) throw Object.assign(new Error('malformed'), { code: 'BAD' });
      if (this.#first === undefined) this.#first = byte;
      else {
        const sum = this.#first + byte;
        this.#first = undefined;
        return sum;
      }
    }
    return undefined;
  }
}

/** The same, but for the state between two inputs. */
class ForgetfulDecoder {
  decode(input: ByteCursor): number | undefined {
    return new PairDecoder().decode(input);
  }
}

/** The same, but it looks behind the end of its input. */
class GreedyDecoder {
  decode(input: ByteCursor): number | undefined {
    if (input.remaining === 0) return undefined;
    const [first = 0, second = 0] = input.bytes.subarray(input.position, input.position + 2);
    input.take(2);
    return first + second;
  }
}

describe('assertDecodes', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);

  it('passes a decoder that does not mind where its input is cut', () => {
    assertDecodes(() => new PairDecoder(), bytes, [3, 7]);
  });

  it('finds wrong outputs, state that is lost, and looks behind the end', () => {
    expect(() => assertDecodes(() => new PairDecoder(), bytes, [3, 8])).toThrow(
      'whole: expected [ 3, 8 ], got [ 3, 7 ]',
    );
    expect(() => assertDecodes(() => new ForgetfulDecoder(), bytes, [3, 7])).toThrow('byte by byte');
    expect(() => assertDecodes(() => new GreedyDecoder(), bytes, [3, 7])).toThrow('byte by byte');
  });

  it('wants malformed input refused by the same code at every cut', () => {
    const malformed = Uint8Array.of(1, 2, 255);
    assertDecodeFails(() => new PairDecoder(), malformed, 'BAD');
    expect(() => assertDecodeFails(() => new PairDecoder(), malformed, 'OTHER')).toThrow('whole: expected OTHER');
    expect(() => assertDecodeFails(() => new PairDecoder(), bytes, 'BAD')).toThrow('it decoded to [ 3, 7 ]');
  });

  it('cuts whole, byte by byte, and in two at every byte', () => {
    expect(Array.from(splitsOf(bytes), ({ parts }) => parts.map((part) => part.length))).toEqual([
      [4],
      [1, 1, 1, 1],
      [1, 3],
      [2, 2],
      [3, 1],
    ]);
  });
});

describe('scriptedStream', () => {
  it('plays a peer', async () => {
    const { stream, done } = scriptedStream([receive('PING'), send('PONG'), receiveEnd(), end()]);
    await stream.write([utf8('PING')]);
    await stream.closeWrite();
    expect(text(await readAll(stream))).toBe('PONG');
    await done;
  });

  it('resets', async () => {
    const { stream, done } = scriptedStream([reset()]);
    await done;
    expect((await stream.closed).reason).toBe('reset');
  });

  it.each([
    { what: 'other bytes', sent: 'PANG', says: '> receive "PING"\nError: received "PANG"' },
    { what: 'an early end', sent: 'PI', says: 'the stream ended 2 bytes short of 4' },
  ])('tells the conversation so far when there is $what', async ({ sent, says }) => {
    const { stream, done } = scriptedStream([send('HELLO'), receive('PING')]);
    void stream.write([utf8(sent)]);
    void stream.closeWrite();
    await expect(done).rejects.toThrow(says);
    await expect(done).rejects.toThrow('  send "HELLO"\n');
    stream.destroy();
  });
});
