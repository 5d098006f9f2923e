import { resources } from '@lamella/net-core';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyOf, encode, noise } from '../../../test/support/coding-tools.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { ContentCoding } from '../compression/content-coding.ts';
import { ALL_CODINGS } from '../compression/content-coding.ts';
import type { DecompressionLimits } from './decoded-body.ts';
import { decodedBody, fullDecompressionLimits } from './decoded-body.ts';

const CONTENT = Buffer.from('all work and no play '.repeat(30));
/** Each coding, and deflate without the zlib format. */
const SENT: readonly (readonly [name: keyof typeof encode, coding: ContentCoding])[] = [
  ...ALL_CODINGS.map((coding) => [coding, coding] as const),
  ['deflate-raw', 'deflate'],
];

afterEach(() => {
  expect(resources()['zlib-stream']).toBe(undefined);
});

describe.each(SENT)('content coded with %s', (name, coding) => {
  const coded = encode[name](CONTENT);

  it('is decoded, split at every byte and byte by byte', async () => {
    for (let cut = 1; cut < coded.length; cut++) {
      expect(await decoded([coded.subarray(0, cut), coded.subarray(cut)], [coding])).toEqual(CONTENT);
    }
    expect(
      await decoded(
        Array.from(coded, (byte) => Buffer.of(byte)),
        [coding],
      ),
    ).toEqual(CONTENT);
  });

  it('is never taken for whole when it is cut off', async () => {
    for (let cut = 1; cut < coded.length; cut++) {
      await expect(decoded([coded.subarray(0, cut)], [coding])).rejects.toMatchObject({
        code: 'LML_ERR_HTTP_BODY_CODING_INCOMPLETE',
        facts: { layer: 'decompression' },
      });
    }
  });

  it.each([['x'], ['xy'], ['<html></html>'], ['\0'], ['\0\0']])(
    'fails where %j follows, in the same chunk or later',
    async (rest) => {
      const code = expect.stringMatching(/^LML_ERR_HTTP_BODY_(?:BAD_CODING|BYTES_AFTER_CODING|CODING_INCOMPLETE)$/);
      const after = Buffer.from(rest, 'latin1');
      await expect(decoded([Buffer.concat([coded, after])], [coding])).rejects.toMatchObject({ code });
      await expect(decoded([coded, after], [coding])).rejects.toMatchObject({ code });
      await expect(decoded([coded, ...Array.from(after, (byte) => Buffer.of(byte))], [coding])).rejects.toMatchObject({
        code,
      });
    },
  );

  it('fails where it is corrupt', async () => {
    const bad = Buffer.from(coded);
    bad.fill(0xff, 4, 12);
    const code = expect.stringMatching(/^LML_ERR_HTTP_BODY_(?:BAD_CODING|CODING_INCOMPLETE|BYTES_AFTER_CODING)$/);
    await expect(decoded([bad], [coding])).rejects.toMatchObject({ code });
  });

  it('is empty where there is nothing', async () => {
    expect(await decoded([], [coding])).toEqual(Buffer.alloc(0));
  });

  it('frees its decoder when cancelled at every chunk', async () => {
    const large = encode[name](noise(200_000));
    const chunks = Array.from({ length: 10 }, (_, index) => large.subarray(index * 20_000, (index + 1) * 20_000));
    for (let count = 0; count <= 10; count++) {
      const { body, seen } = bodyOf(chunks);
      const whole = decodedBody(body, [coding], fullDecompressionLimits({}));
      for (let index = 0; index < count; index++) await whole.read();
      whole.cancel('enough');
      expect(resources()['zlib-stream']).toBe(undefined);
      expect(seen.cancelledWith).toBe('enough');
    }
  });

  it('frees its decoder when cancelled while it works', async () => {
    const whole = decodedBody(bodyOf([encode[name](noise(1_000_000))]).body, [coding], fullDecompressionLimits({}));
    const reading = whole.read();
    await Promise.resolve();
    whole.cancel('enough');
    await expect(reading).rejects.toBe('enough');
    expect(resources()['zlib-stream']).toBe(undefined);
  });

  it('gives what there is of a long content before the rest has come', async () => {
    const large = encode[name](noise(400_000));
    const { body, seen } = bodyOf(
      Array.from({ length: 40 }, (_, index) => large.subarray(index * 10_100, (index + 1) * 10_100)),
    );
    const whole = decodedBody(body, [coding], fullDecompressionLimits({}));
    expect((await whole.read())?.length).toBeGreaterThan(0);
    expect(seen.reads).toBeLessThan(30); // zstd and brotli take blocks of 128 KiB and more
    whole.cancel();
  });
});

it.each(['gzip', 'zstd'] as const)('several members of %s are one content', async (coding) => {
  const one = encode[coding](Buffer.from('one '));
  const two = encode[coding](Buffer.from('two'));
  const both = Buffer.concat([one, two]);
  for (let cut = 1; cut < both.length; cut++) {
    expect((await decoded([both.subarray(0, cut), both.subarray(cut)], [coding])).toString()).toBe('one two');
  }
  expect((await decoded([both], [coding])).toString()).toBe('one two');
});

it('codings are taken off in the reverse order', async () => {
  const coded = encode.br(encode.gzip(encode.zstd(CONTENT)));
  expect(await decoded([coded], ['zstd', 'gzip', 'br'])).toEqual(CONTENT);
});

it('trailers come through', async () => {
  const trailers = () => HttpHeaders.from({ 'X-Sum': '1' });
  const body = HttpBody.from([encode.gzip(CONTENT)], { trailers });
  const whole = decodedBody(body, ['gzip'], fullDecompressionLimits({}));
  await whole.bytes();
  expect(whole.trailers?.get('x-sum')).toBe('1');
});

it('what the coded content fails with comes through', async () => {
  const error = new Error('connection');
  async function* broken() {
    yield encode.gzip(CONTENT).subarray(0, 20);
    throw error;
  }
  const whole = decodedBody(HttpBody.from(broken()), ['gzip'], fullDecompressionLimits({}));
  await expect(whole.bytes()).rejects.toBe(error);
});

describe('a bomb', () => {
  const zeros = Buffer.alloc(8 * 1_048_576);

  it.each(SENT)('of %s is over at maxRatio, and the rest is not read', async (name, coding) => {
    const bomb = encode[name](zeros);
    expect(zeros.length / bomb.length).toBeGreaterThan(250);
    const { body, seen } = bodyOf([bomb, bomb, bomb]);
    const whole = decodedBody(body, [coding], fullDecompressionLimits({}));
    let received = 0;
    const failure = await drained(whole, (length) => {
      received += length;
    });
    expect(failure).toMatchObject({ code: 'LML_ERR_LIMIT', limit: 'maxRatio', maximum: 250 });
    expect(received).toBeLessThan(Math.max(1_048_576, 250 * bomb.length) + 131_072);
    expect(seen.cancelledWith).toBe(failure);
  });

  it.each(SENT)('of %s is over at maxBytes, and not one byte before', async (name, coding) => {
    const content = noise(100_000);
    const coded = encode[name](content);
    const limits = { maxBytes: content.length, maxRatio: Number.POSITIVE_INFINITY };
    expect(await decoded([coded], [coding], limits)).toEqual(Buffer.from(content));
    const output = decoded([coded], [coding], { ...limits, maxBytes: content.length - 1 });
    await expect(output).rejects.toMatchObject({ limit: 'maxBytes', maximum: content.length - 1 });
  });

  it('within a bomb is one bomb, though its inner ratio is small', async () => {
    const bomb = encode.gzip(encode.gzip(zeros));
    await expect(decoded([bomb], ['gzip', 'gzip'])).rejects.toMatchObject({ limit: 'maxRatio' });
  });

  it('of empty members, out of which nothing comes, is one too', async () => {
    const member = encode.gzip(Buffer.alloc(0));
    const members = Buffer.concat(Array.from({ length: 200_000 }, () => member));
    const bomb = encode.gzip(members);
    await expect(decoded([bomb], ['gzip', 'gzip'])).rejects.toMatchObject({ limit: 'maxRatio' });
  });

  it('up to a MiB is let through: short content may be regular', async () => {
    const content = Buffer.alloc(1_048_576);
    expect((await decoded([encode.br(content)], ['br'])).length).toBe(content.length);
    await expect(decoded([encode.br(Buffer.alloc(1_048_577))], ['br'])).rejects.toMatchObject({ limit: 'maxRatio' });
  });

  it('of a zstd window beyond 8 MiB is refused', async () => {
    // A frame that asks for a window of 2 GiB: magic, descriptor, window, one raw block of nothing.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00]);
    await expect(decoded([frame], ['zstd'])).rejects.toMatchObject({ code: 'LML_ERR_HTTP_BODY_BAD_CODING' });
  });
});

async function decoded(
  chunks: readonly Uint8Array[],
  codings: readonly ContentCoding[],
  limits: DecompressionLimits = fullDecompressionLimits({}),
): Promise<Buffer> {
  return Buffer.from(await decodedBody(bodyOf(chunks).body, codings, limits).bytes());
}

async function drained(body: HttpBody, onChunk: (byteCount: number) => void): Promise<unknown> {
  try {
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) onChunk(chunk.length);
  } catch (error) {
    return error;
  }
  return undefined;
}
