import { HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyService } from './body-reader.ts';
import { multipartBody } from './multipart-body.ts';
import type { MultipartBodyOptions } from './multipart-body-options.ts';
import type { MultipartPart } from './multipart-parts.ts';

checkLedger({ beforeEach, afterEach });

const FIELD = 'Content-Disposition: form-data; name=';

describe('multipartBody', () => {
  it('reads what FormData sends, names beyond ASCII included', async () => {
    const form = new FormData();
    form.append('text', 'grüße\r\nzwei');
    form.append('na"me', 'x');
    form.append('file', new Blob([Uint8Array.of(0, 13, 10, 255)], { type: 'image/png' }), '../ü".png');
    const sent = new Response(form);
    const headers = { 'Content-Type': sent.headers.get('content-type') ?? '' };
    const body = new Uint8Array(await sent.arrayBuffer());
    const seen: unknown[] = [];
    const request = HttpRequest.from({ method: 'POST', target: '/', headers, body });
    for await (const part of await multipartBody()(request)) {
      const { name, fileName, givenFileName, contentType } = part;
      seen.push([name, givenFileName, fileName, contentType, Buffer.from(await part.body.bytes()).toString('latin1')]);
    }
    const latin1 = Buffer.from('grüße\r\nzwei').toString('latin1');
    expect(seen).toEqual([
      ['text', undefined, undefined, 'text/plain', latin1],
      ['na"me', undefined, undefined, 'text/plain', 'x'],
      ['file', '../ü".png', 'ü_.png', 'image/png', '\x00\r\n\xff'],
    ]);
  });

  it('passes over what nobody reads of a part, and over parts that are given up', async () => {
    const seen: string[] = [];
    const parts = await read(form(['a', '1'.repeat(50)], ['b', '2'], ['c', '3'.repeat(50)], ['d', '4']), {}, 7);
    for await (const { name, body } of parts) {
      seen.push(name);
      if (name === 'b') body.cancel();
      if (name === 'c') seen.push(String((await body.read())?.length));
      if (name === 'd') seen.push(await body.text());
    }
    expect(seen).toEqual(['a', 'b', 'c', expect.stringMatching(/^[1-7]$/), 'd', '4']);
  });

  it('does not let a part be read once the next has come', async () => {
    const bodies: HttpBody[] = [];
    for await (const { body } of await read(form(['a', '1'], ['b', '2']))) {
      if (bodies[0] !== undefined) await expect(bodies[0].text()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
      bodies.push(body);
    }
    expect(bodies).toHaveLength(2);
  });

  it('reads no chunk before somebody wants it, and gives the rest up with the loop', async () => {
    let pulled = 0;
    const reasons: unknown[] = [];
    const body = HttpBody.fromSource({
      async read() {
        pulled++;
        return Buffer.from(pulled === 1 ? `--B\r\n${FIELD}a; filename=f\r\n\r\n` : 'x'.repeat(1_000));
      },
      cancel: (reason) => reasons.push(reason),
    });
    for await (const part of await multipartBody()(request(body))) {
      expect(pulled).toBe(1);
      expect((await part.body.read())?.length).toBe(1_000);
      expect(pulled).toBe(2);
      break;
    }
    expect(pulled).toBe(2);
    expect(reasons).toHaveLength(1);
  });

  it.each<[string, MultipartBodyOptions, readonly (readonly [string, string, string?])[]]>([
    [
      'maxParts',
      { maxParts: 2 },
      [
        ['a', ''],
        ['b', ''],
        ['c', ''],
      ],
    ],
    ['maxFieldBytes', { maxFieldBytes: 5 }, [['a', '123456']]],
    ['maxFileBytes', { maxFileBytes: 5, maxFieldBytes: 100 }, [['a', '123456', 'f']]],
    ['maxPartHeaderBytes', { maxPartHeaderBytes: 100 }, [['a'.repeat(100), '']]],
    ['maxBytes', { maxBytes: 100 }, [['a', '1'.repeat(100)]]],
  ])('has a limit of %s, also for what nobody reads', async (limit, options, parts) => {
    await expect(collect(await read(form(...parts), options, 3))).rejects.toMatchObject({
      code: 'LML_ERR_LIMIT',
      limit,
      facts: { phase: 'body' },
    });
  });

  it('takes what is just within the limits', async () => {
    const text = form(['a', '12345'], ['b', '1234567', 'f']);
    const options = { maxParts: 2, maxFieldBytes: 5, maxFileBytes: 7, maxBytes: text.length };
    expect(await collect(await read(text, options, 3))).toEqual(['a', 'b']);
    await expect(collect(await read(text, { ...options, maxBytes: text.length - 1 }, 3))).rejects.toMatchObject({
      limit: 'maxBytes',
    });
  });

  it('ends a body that never ends, and a head that never ends', async () => {
    for (const begin of [
      `--B\r\n${FIELD}a\r\n\r\n`,
      `--B\r\n${FIELD}a; filename=f\r\n\r\n`,
      '--B\r\nA: ',
      '--B ',
      '',
    ]) {
      let pulled = 0;
      let isCancelled = false;
      const endless = HttpBody.fromSource({
        async read() {
          return Buffer.from(pulled++ === 0 && begin !== '' ? begin : 'x'.repeat(1_024));
        },
        cancel: () => {
          isCancelled = true;
        },
      });
      const options = { maxBytes: 100_000, maxFileBytes: 50_000 };
      await expect(collect(await multipartBody(options)(request(endless)))).rejects.toThrow();
      expect(pulled).toBeLessThan(110);
      expect(isCancelled).toBe(true);
    }
  });

  it.each([
    ['no name', 'Content-Disposition: form-data'],
    ['another disposition', 'Content-Disposition: attachment; name=a'],
    ['no disposition', 'Content-Type: text/plain'],
    ['two names', `${FIELD}a; name=b`],
    ['a name that is a trap', `${FIELD}__proto__`],
    ['two dispositions', `${FIELD}a\r\n${FIELD}b`],
  ])('refuses a part with %s', async (_name, head) => {
    await expect(collect(await read(`--B\r\n${head}\r\n\r\nx\r\n--B--`))).rejects.toMatchObject({
      code: 'LML_ERR_WEB_MULTIPART_NAME',
    });
  });

  it('tells the reader of a part that the body has broken off', async () => {
    for await (const { body } of await read(`--B\r\n${FIELD}a\r\n\r\nhalf`)) {
      await expect(body.text()).rejects.toMatchObject({ code: 'LML_ERR_WEB_MULTIPART_INCOMPLETE' });
      break;
    }
  });

  it.each([
    ['multipart/form-data', 'LML_ERR_WEB_MULTIPART_BOUNDARY'],
    ['multipart/form-data; boundary=""', 'LML_ERR_WEB_MULTIPART_BOUNDARY'],
    ['multipart/form-data; boundary="a "', 'LML_ERR_WEB_MULTIPART_BOUNDARY'],
    [`multipart/form-data; boundary=${'a'.repeat(71)}`, 'LML_ERR_WEB_MULTIPART_BOUNDARY'],
    ['multipart/form-data; boundary=a; boundary=b', 'LML_ERR_WEB_BODY_TYPE'],
    ['multipart/mixed; boundary=a', 'LML_ERR_WEB_BODY_TYPE'],
    ['text/plain', 'LML_ERR_WEB_BODY_TYPE'],
  ])('refuses %s', async (type, code) => {
    await expect(multipartBody()(request('', type))).rejects.toMatchObject({ code });
  });

  it('answers what is wrong with 400 and 413, and serves the next request', async () => {
    const service = bodyService(multipartBody({ maxFileBytes: 5 }), async (parts) => {
      return HttpResponse.text((await collect(parts)).join());
    });
    const client = httpClientOn(service);
    const post = async (text: string) => {
      const headers = { 'Content-Type': 'multipart/form-data; boundary=B' };
      const sent = HttpRequest.from({ method: 'POST', target: 'http://app.test/', headers, body: text });
      const response = await client.serve(sent);
      return [response.status, await response.body.text()];
    };
    expect(await post(form(['a', '1']))).toEqual([200, 'a']);
    expect(await post('--B\r\nbad\r\n')).toEqual([400, expect.stringContaining('malformed')]);
    expect(await post(form(['a', '123456', 'f']))).toEqual([413, expect.stringContaining('"limit":"maxFileBytes"')]);
    expect(await post(form(['b', '2']))).toEqual([200, 'b']);
    await client.close();
  });

  it('lets the server end an upload that stops half way', async () => {
    const clock = new FakeClock();
    const ends: unknown[] = [];
    const service = bodyService(multipartBody(), async (parts) => {
      try {
        for await (const { body } of parts) await body.bytes();
      } catch (error) {
        ends.push(error);
        throw error;
      }
      return HttpResponse.text('never');
    });
    const client = httpClientOn(service, { clock, timeouts: { bodyProgressTimeoutMs: 5_000 } });
    let sent = false;
    const stopping = HttpBody.fromSource({
      read: () => {
        if (sent) return new Promise(() => {});
        sent = true;
        return Promise.resolve(Buffer.from(`--B\r\n${FIELD}a; filename=f\r\n\r\nhalf`));
      },
      cancel: () => {},
    });
    const headers = { 'Content-Type': 'multipart/form-data; boundary=B' };
    const answer = client.serve(
      HttpRequest.from({ method: 'POST', target: 'http://app.test/', headers, body: stopping }),
    );
    const outcome = answer.then(
      ({ status }) => status,
      (error: unknown) => error,
    );
    await clock.advanceAsync(4_999);
    expect(ends).toEqual([]);
    await clock.advanceAsync(60_000);
    expect(ends).toMatchObject([{ code: 'LML_ERR_TIMEOUT', limit: 'bodyProgressTimeoutMs' }]);
    expect(await outcome).not.toBe(200);
    await client.close();
  });

  it.each([
    [{ maxBytes: 0 }],
    [{ maxParts: 0 }],
    [{ maxPartHeaderBytes: 0 }],
    [{ maxFieldBytes: -1 }],
    [{ maxFileBytes: 1.5 }],
    [{ maxBytes: Number.NaN }],
  ])('refuses %j', (options) => {
    expect(() => multipartBody(options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

function form(...parts: readonly (readonly [name: string, content: string, fileName?: string])[]): string {
  const text = parts.map(([name, content, fileName]) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`;
    return `--B\r\n${FIELD}"${name}"${file}\r\n\r\n${content}\r\n`;
  });
  return `${text.join('')}--B--\r\n`;
}

function read(
  text: string,
  options: MultipartBodyOptions = {},
  chunkBytes = text.length,
): Promise<AsyncIterable<MultipartPart>> {
  const chunks: Uint8Array[] = [];
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  return multipartBody(options)(request(HttpBody.from(chunks)));
}

function request(body: HttpBody | string, type = 'multipart/form-data; boundary=B'): HttpRequest {
  return HttpRequest.from({ method: 'POST', target: '/', headers: { 'Content-Type': type }, body });
}

async function collect(parts: AsyncIterable<MultipartPart>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of parts) names.push(name);
  return names;
}
