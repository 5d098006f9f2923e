import { resources } from '@lamella/net-core';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyOf, encode, noise } from '../../../test/support/coding-tools.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { ContentCoding } from '../compression/content-coding.ts';
import { ALL_CODINGS } from '../compression/content-coding.ts';
import type { DecompressionLimitsOptions } from './decoded-body.ts';
import { decodedBody, fullDecompressionLimits } from './decoded-body.ts';

const NOTHING = Buffer.alloc(0);
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

it('frames of zstd that are to be skipped are, wherever they stand and however they are split', async () => {
  const skipped = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]);
  const [one, two, none] = [encode.zstd(Buffer.from('one ')), encode.zstd(Buffer.from('two')), encode.zstd(NOTHING)];
  const all = Buffer.concat([skipped, skipped, one, skipped, none, two, skipped]);
  for (let cut = 1; cut < all.length; cut++) {
    expect((await decoded([all.subarray(0, cut), all.subarray(cut)], ['zstd'])).toString()).toBe('one two');
  }
  const bytes = Array.from(all, (byte) => Buffer.of(byte));
  expect((await decoded(bytes, ['zstd'])).toString()).toBe('one two');
  expect((await decoded([skipped], ['zstd'])).length).toBe(0);
  for (let cut = 1; cut < skipped.length; cut++) {
    const output = decoded([one, skipped.subarray(0, cut)], ['zstd']);
    await expect(output).rejects.toMatchObject({ code: 'LML_ERR_HTTP_BODY_CODING_INCOMPLETE' });
  }
});

it('an empty chunk says nothing of the format of deflate', async () => {
  expect(await decoded([NOTHING, encode.deflate(CONTENT)], ['deflate'])).toEqual(CONTENT);
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

  it('of a million frames of zstd that are to be skipped costs little', async () => {
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
    const bomb = Buffer.concat([Buffer.alloc(8_000_000, skipped), encode.zstd(CONTENT)]);
    expect(await decoded([bomb], ['zstd'])).toEqual(CONTENT);
  });

  it.each(['zstd', 'br', 'gzip'] as const)(
    'of %s out of which nothing comes is over at maxSilentBytes',
    async (coding) => {
      const { body, seen } = bodyOf(silence(coding));
      const limits = fullDecompressionLimits({ maxSilentBytes: 10_000 });
      const failure = await drained(decodedBody(body, [coding], limits), () => undefined);
      expect(failure).toMatchObject({
        code: 'LML_ERR_LIMIT',
        limit: 'maxSilentBytes',
        maximum: 10_000,
        observed: 10_001,
      });
      expect(seen.cancelledWith).toBe(failure);
    },
  );

  it('is not what comes out late, though it came in at once', async () => {
    const content = noise(400_000);
    const limits = fullDecompressionLimits({ maxSilentBytes: 150_000 });
    expect(await decoded([encode.zstd(content)], ['zstd'], limits)).toEqual(Buffer.from(content));
    const coded = encode.zstd(content);
    const bytes = Array.from({ length: 41 }, (_, index) => coded.subarray(index * 10_000, (index + 1) * 10_000));
    expect(await decoded(bytes, ['zstd'], limits)).toEqual(Buffer.from(content));
  });

  it.each([encode.zstd(NOTHING), encode.zstd(Buffer.of(1))])('of zstd frames is over at maxFrames', async (frame) => {
    const limits = fullDecompressionLimits({ maxFrames: 100 });
    await decoded([Buffer.alloc(100 * frame.length, frame)], ['zstd'], limits);
    await expect(decoded([Buffer.alloc(101 * frame.length, frame)], ['zstd'], limits)).rejects.toMatchObject({
      code: 'LML_ERR_LIMIT',
      limit: 'maxFrames',
      maximum: 100,
      observed: 101,
    });
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
  limits: DecompressionLimitsOptions = {},
): Promise<Buffer> {
  return Buffer.from(await decodedBody(bodyOf(chunks).body, codings, fullDecompressionLimits(limits)).bytes());
}

/** Coded content without an end out of which nothing comes, byte by byte. */
function* silence(coding: 'zstd' | 'br' | 'gzip'): Generator<Uint8Array> {
  // A frame that is skipped; a window and then blocks of metadata without any (RFC 7932 section 9.2); empty stored blocks.
  const [start, repeated] = {
    zstd: [[], [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]],
    br: [[0x0c], [0x06]],
    gzip: [
      [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff],
      [0, 0, 0, 0xff, 0xff],
    ],
  }[coding] as [number[], number[]]; // as they stand there
  for (const byte of start) yield Uint8Array.of(byte);
  for (;;) for (const byte of repeated) yield Uint8Array.of(byte);
}

async function drained(body: HttpBody, onChunk: (byteCount: number) => void): Promise<unknown> {
  try {
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) onChunk(chunk.length);
  } catch (error) {
    return error;
  }
  return undefined;
}
