import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { BodySource } from '../../message/body-source.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { MultipartInit } from './multipart.ts';
import { multipartBody } from './multipart.ts';

describe('multipartBody', () => {
  it('is what the platform reads as a form', async () => {
    const image = new File([new Uint8Array([0, 255, 13, 10])], 'a "b" ü.png', { type: 'image/png' });
    const form = await parsed([
      { name: 'text', body: 'line 1\r\nline 2 ü' },
      { name: 'again', body: '1' },
      { name: 'again', body: '2' },
      { name: 'image', body: image },
      { name: 'blob', body: new Blob(['x']) },
      { name: 'bytes', fileName: 'b.bin', body: new Uint8Array([1, 2]) },
      { name: 'stream', fileName: 's.txt', contentType: 'text/plain', body: chunks('ab', 'cd') },
    ]);
    expect([form.get('text'), form.getAll('again')]).toEqual(['line 1\r\nline 2 ü', ['1', '2']]);
    const files = ['image', 'blob', 'bytes', 'stream'].map((name) => form.get(name));
    const seen = await Promise.all(
      files.map(async (file) => {
        if (!(file instanceof File)) throw new Error('no file');
        return [file.name, file.type, [...new Uint8Array(await file.arrayBuffer())].join()];
      }),
    );
    expect(seen).toEqual([
      ['a "b" ü.png', 'image/png', '0,255,13,10'],
      ['blob', 'application/octet-stream', '120'],
      ['b.bin', 'application/octet-stream', '1,2'],
      ['s.txt', 'text/plain', '97,98,99,100'],
    ]);
  });

  it('takes pairs, objects and the form of the platform', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('b', new File(['2'], 'b.txt'));
    for (const init of [
      form,
      { a: '1', b: new File(['2'], 'b.txt') },
      [['a', '1'] as const, ['b', new File(['2'], 'b.txt')] as const],
    ]) {
      const seen = await parsed(init);
      expect([seen.get('a'), (seen.get('b') as File).name]).toEqual(['1', 'b.txt']); // a file was put in
    }
  });

  it('sends content that can begin anew but is not at hand, however short', async () => {
    const source = (text: string): BodySource => {
      let isRead = false;
      return {
        async read() {
          if (isRead) return undefined;
          isRead = true;
          return Buffer.from(text);
        },
        cancel() {},
        canClone: true,
        tryClone: () => source(text),
      };
    };
    const form = await parsed([{ name: 'a', body: HttpBody.fromSource(source('short'), { size: 5 }) }]);
    expect(form.get('a')).toBe('short');
  });

  it('knows its length where that of every part is known, to the byte', async () => {
    const small = multipartBody([
      { name: 'a', body: 'ü' },
      { name: 'b', body: chunks('abc'), size: 3 },
    ]).body;
    expect((await small.bytes()).length).toBe(small.size);
    const large = multipartBody([{ name: 'a', body: 'x'.repeat(1_000_000) }]).body;
    expect(large.size).toBeGreaterThan(1_000_000);
    expect((await large.bytes()).length).toBe(large.size);
    expect(multipartBody([{ name: 'a', body: chunks('abc') }]).body.size).toBeUndefined();
    expect(await multipartBody([]).body.text()).toMatch(/^--lamella-[0-9a-f-]{36}--\r\n$/);
  });

  it('can be sent again if each of its parts can, and only then', async () => {
    expect(multipartBody({ a: 'x' }).body.canClone).toBe(true);
    expect(multipartBody([{ name: 'a', body: chunks('x'), size: 1 }]).body.canClone).toBe(false);
    expect(multipartBody([{ name: 'a', body: chunks('x') }, ['b', 'c']]).body.tryClone()).toBeUndefined();
    const { body } = multipartBody({ a: 'x'.repeat(262_144), b: 'y' });
    const copies = [body.tryClone(), body.tryClone(), body];
    const [first, ...others] = await Promise.all(copies.map((each) => each?.text()));
    expect(first).toHaveLength(body.size ?? 0);
    expect(others).toEqual([first, first]);
  });

  it('draws a boundary of its own for each form', () => {
    const types = new Set(Array.from({ length: 100 }, () => multipartBody({ a: 'x' }).contentType));
    expect(types.size).toBe(100);
  });

  it('pulls its streams one after the other, and gives up all of them', async () => {
    const pulled: string[] = [];
    const cancelled: unknown[] = [];
    const source = (name: string) =>
      HttpBody.fromSource({
        read: async () => {
          pulled.push(name);
          return Buffer.from(name);
        },
        cancel: (reason) => void cancelled.push(`${name}: ${reason}`),
      });
    const { body } = multipartBody([
      { name: 'a', body: source('a') },
      { name: 'b', body: source('b') },
    ]);
    await body.read();
    await body.read();
    await settle();
    expect(pulled).toEqual(['a']);
    body.cancel('enough');
    expect(cancelled).toEqual(['a: enough', 'b: enough']);
  });

  it('breaks off where a stream does', async () => {
    const { body } = multipartBody([{ name: 'a', body: failing() }]);
    await expect(body.bytes()).rejects.toThrow('no more');
  });

  it('escapes quotes, and refuses whatever ends a line', () => {
    for (const evil of ['a\r\nb', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb']) {
      for (const part of [{ name: evil }, { name: 'a', fileName: evil }, { name: 'a', contentType: evil }]) {
        expect(() => multipartBody([{ body: 'x', ...part }])).toThrow(
          expect.objectContaining({ code: 'LML_ERR_USAGE' }),
        );
      }
    }
  });
});

function parsed(init: MultipartInit): Promise<FormData> {
  const { body, contentType } = multipartBody(init);
  return new Response(body.toWebStream(), { headers: { 'content-type': contentType } }).formData();
}

async function* chunks(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

async function* failing(): AsyncGenerator<string> {
  yield 'a';
  throw new Error('no more');
}
