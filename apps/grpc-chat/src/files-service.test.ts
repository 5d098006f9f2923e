import { createHash } from 'node:crypto';
import { grpcClient, grpcService } from '@lamella/grpc';
import { describe, expect, it } from 'vitest';
import { allOf } from '../test/support/all-of.ts';
import { Files } from './chat-pb.ts';
import { FileStore, MAX_FILE_BYTES, MAX_STORED_BYTES } from './file-store.ts';
import { filesService } from './files-service.ts';

describe('files', () => {
  it('come in pieces, and are given back in pieces', async () => {
    const files = setup();
    const content = new Uint8Array(200_000).map((_value, index) => index % 251);
    const pieces = [
      { name: 'a file.bin' },
      { data: content.subarray(0, 150_000) },
      { data: content.subarray(150_000) },
    ];
    const sha256 = createHash('sha256').update(content).digest('hex');
    const info = await files.upload(pieces);
    expect(info).toMatchObject({ id: 'f1', name: 'a file.bin', size: 200_000, sha256 });
    expect((await files.list({})).files).toMatchObject([{ id: 'f1' }]);
    const downloaded = (await allOf(files.download({ id: 'f1' }))).map(({ data }) => data);
    expect(downloaded.map(({ length }) => length)).toEqual([65_536, 65_536, 18_928, 50_000]);
    expect(Buffer.concat(downloaded).equals(content)).toBe(true);
  });

  it.each(['', 'a/b', 'a\\b', 'a\nb', 'x'.repeat(101)])('have a name: %j is none', async (name) => {
    const files = setup();
    await expect(files.upload([{ name }])).rejects.toMatchObject({ statusName: 'INVALID_ARGUMENT' });
    await expect(files.upload([])).rejects.toMatchObject({ statusName: 'INVALID_ARGUMENT' });
    await expect(allOf(files.download({ id: 'f1' }))).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
  });

  it('have an end, and leave nothing behind if they go beyond it', async () => {
    const files = setup();
    const half = new Uint8Array(MAX_FILE_BYTES / 4);
    const whole = [{ name: 'whole', data: half }, { data: half }, { data: half }, { data: half }];
    expect(await files.upload(whole)).toMatchObject({ size: MAX_FILE_BYTES });
    const beyond = files.upload([...whole, { data: new Uint8Array(1) }]);
    await expect(beyond).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
    expect((await files.list({})).files).toHaveLength(1);
  });

  it('make room: the oldest go', async () => {
    const store = new FileStore();
    const data = new Uint8Array(MAX_FILE_BYTES);
    const count = MAX_STORED_BYTES / MAX_FILE_BYTES;
    for (let number = 1; number <= count + 1; number++) await store.add(only({ name: `${number}`, data }));
    expect(store.list().map(({ name }) => name)).toEqual(['2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('come four at a time', async () => {
    const store = new FileStore();
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = Array.from({ length: 4 }, () => store.add(later(promise)));
    await expect(store.add(only({ name: 'fifth', data: new Uint8Array() }))).rejects.toMatchObject({
      statusName: 'RESOURCE_EXHAUSTED',
    });
    resolve();
    await Promise.all(slow);
    await store.add(only({ name: 'fifth', data: new Uint8Array() }));
    expect(store.list()).toHaveLength(5);
  });
});

async function* only<Piece>(piece: Piece): AsyncGenerator<Piece> {
  yield piece;
}

async function* later(when: Promise<void>): AsyncGenerator<{ name: string; data: Uint8Array }> {
  await when;
  yield { name: 'slow', data: new Uint8Array() };
}

function setup() {
  return grpcClient(grpcService([filesService(new FileStore())]), Files);
}
