import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FormField } from './form-part.ts';
import type { ContentOptions, DataPart } from './request-content.ts';
import { requestContent } from './request-content.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lamella-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('requestContent', () => {
  it('is none without options', () => {
    expect(contentOf({})).toBeUndefined();
  });

  it('joins data by &, whatever kind it is of', async () => {
    expect(await bodyOf({ data: [part('data', 'a=1'), part('raw', '@b'), part('binary', 'c')] })).toBe('a=1&@b&c');
  });

  it('takes line ends and NULs out of files of -d, and of nothing else', async () => {
    const path = file('lines', 'a\r\nb\n\0c');
    expect(await bodyOf({ data: [part('data', `@${path}`)] })).toBe('abc');
    expect(await bodyOf({ data: [part('binary', `@${path}`)] })).toBe('a\r\nb\n\0c');
    expect(await bodyOf({ json: [`@${path}`] })).toBe('a\r\nb\n\0c');
    expect(await bodyOf({ data: [part('data', 'x\ny')] })).toBe('x\ny');
  });

  it('puts values of --json together as they are, and says what they are', async () => {
    expect(await bodyOf({ json: ['{"a":', '1}'] })).toBe('{"a":1}');
    const content = contentOf({ json: ['1'] });
    expect(content?.method).toBe('POST');
    expect(content?.open().headers).toEqual([
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json'],
    ]);
  });

  it('uploads a file, as often as it is opened, with its size', async () => {
    const content = contentOf({ uploadFile: file('up.bin', 'x'.repeat(100_000)) });
    expect(content).toMatchObject({ method: 'PUT', fileName: 'up.bin' });
    for (let time = 0; time < 2; time++) {
      const body = content?.open().body;
      expect(body?.size).toBe(100_000);
      expect(await body?.text()).toBe('x'.repeat(100_000));
    }
  });

  it('sends the standard input once', () => {
    const content = contentOf({ uploadFile: '-' });
    expect(content?.open().body.size).toBeUndefined();
    expect(() => content?.open()).toThrow(expect.objectContaining({ exitCode: 65 }));
  });

  it('can begin the upload of a file anew in the middle of it', async () => {
    const body = contentOf({ uploadFile: file('again.bin', 'x'.repeat(200_000)) })?.open().body;
    expect((await body?.read())?.length).toBeLessThan(200_000);
    const again = body?.tryClone();
    body?.cancel();
    expect(await again?.text()).toBe('x'.repeat(200_000));
  });

  it('makes a form of texts and files, with its length, for each request anew', async () => {
    const path = file('photo.png', 'P'.repeat(300_000));
    const content = contentOf({
      form: [field('title', 'a;type=text/x'), field('photo', `@${path}`), field('note', `<${path}`)],
    });
    expect(content?.method).toBe('POST');
    for (let time = 0; time < 2; time++) {
      const { headers = [], body } = content?.open() ?? {};
      const boundary = /boundary=(.*)/.exec(String(headers[0]))?.[1];
      const text = (await body?.text()) ?? '';
      expect(body?.size).toBe(text.length);
      expect(text.replaceAll('P'.repeat(300_000), 'DATA')).toBe(
        [
          `--${boundary}\r\nContent-Disposition: form-data; name="title"\r\nContent-Type: text/x\r\n\r\na\r\n`,
          `--${boundary}\r\nContent-Disposition: form-data; name="photo"; filename="photo.png"\r\n`,
          `Content-Type: image/png\r\n\r\nDATA\r\n`,
          `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nDATA\r\n--${boundary}--\r\n`,
        ].join(''),
      );
    }
  });

  it('sends the standard input in a form once', () => {
    const content = contentOf({ form: [field('a', '@-')] });
    content?.open();
    expect(() => content?.open()).toThrow(expect.objectContaining({ exitCode: 65 }));
  });

  it('knows whether it can be made again', () => {
    const path = file('again', 'x');
    const forms = [
      [field('a', 'b'), field('f', `@${path}`)],
      [field('a', 'b'), field('f', '@-')],
    ];
    expect(forms.map((form) => contentOf({ form })?.canRepeat)).toEqual([true, false]);
    expect([path, '-', '/dev/null'].map((uploadFile) => contentOf({ uploadFile })?.canRepeat)).toEqual([
      true,
      false,
      false,
    ]);
    expect(contentOf({ data: [part('data', 'a')] })?.canRepeat).toBe(true);
  });

  it('says which file can not be read', () => {
    const missing = join(folder, 'missing');
    const refusal = expect.objectContaining({
      message: expect.stringContaining(`cannot read ${missing}: `),
      exitCode: 26,
    });
    expect(() => contentOf({ data: [part('data', `@${missing}`)] })).toThrow(refusal);
    expect(() => contentOf({ uploadFile: missing })).toThrow(refusal);
    expect(() => contentOf({ uploadFile: folder })).toThrow(/it is a folder/);
  });

  it('refuses two kinds of content', () => {
    expect(() => contentOf({ data: [part('data', 'a')], json: ['1'] })).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
    expect(() => contentOf({ json: ['1'], uploadFile: '-' })).toThrow(/use one of/);
  });
});

function contentOf(options: Partial<ContentOptions>) {
  return requestContent({ data: [], json: [], form: [], uploadFile: undefined, ...options });
}

async function bodyOf(options: Partial<ContentOptions>): Promise<string | undefined> {
  return contentOf(options)?.open().body.text();
}

function field(name: string, text: string): FormField {
  return { type: 'form', text: `${name}=${text}` };
}

function part(type: DataPart['type'], text: string): DataPart {
  return { type, text };
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
