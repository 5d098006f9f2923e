import { HttpRequest, HttpResponse } from '@lamella/http';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { BodyReader } from './body-reader.ts';
import { bodyService } from './body-reader.ts';
import { formBody } from './form-body.ts';
import { jsonBody } from './json-body.ts';
import { bytesBody, textBody } from './plain-bodies.ts';
import { safeFileName } from './safe-file-name.ts';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

describe('jsonBody', () => {
  const read = jsonBody();

  it.each([
    ['{"a":[1,{"b":null}]}', JSON_TYPE, { a: [1, { b: null }] }],
    ['"ü"', 'application/json; charset=UTF-8', 'ü'],
    ['1', 'Application/Problem+JSON', 1],
    ['\ufeff2', JSON_TYPE, 2],
  ])('reads %s', async (body, type, expected) => {
    expect(await read(post(body, type))).toEqual(expected);
  });

  it.each<[string, string | Uint8Array, string, string]>([
    ['text', '{}', 'text/plain', 'TYPE'],
    ['text that pretends', '{}', 'text/plain; application/json', 'TYPE'],
    ['no type before the +', '{}', 'application/+json', 'TYPE'],
    ['another charset', '{}', 'application/json; charset=utf-16', 'TYPE'],
    ['a broken type', '{}', 'application/json; charset="utf-8', 'TYPE'],
    ['nothing', '', JSON_TYPE, 'SYNTAX'],
    ['half', '{"a":', JSON_TYPE, 'SYNTAX'],
    ['what is no UTF-8', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), JSON_TYPE, 'SYNTAX'],
    ['__proto__', '{"__proto__":{"isAdmin":true}}', JSON_TYPE, 'SYNTAX'],
    ['__proto__ far within', '[[{"a":{"__proto__":1}}]]', JSON_TYPE, 'SYNTAX'],
    ['__proto__ in disguise', '{"\\u005f_proto__":1}', JSON_TYPE, 'SYNTAX'],
  ])('refuses %s', async (_name, body, type, code) => {
    await expect(read(post(body, type))).rejects.toMatchObject({ code: `LML_ERR_WEB_BODY_${code}` });
    expect(Object.getPrototypeOf({})).not.toHaveProperty('isAdmin');
  });

  it('refuses coded content, which a layer may decode before', async () => {
    const request = post('{}', JSON_TYPE, { 'Content-Encoding': 'gzip' });
    await expect(read(request)).rejects.toMatchObject({ code: 'LML_ERR_WEB_BODY_TYPE' });
    expect(await read(post('{}', JSON_TYPE, { 'Content-Encoding': 'identity' }))).toEqual({});
  });

  it('has limits of bytes and depth, both sides of each', async () => {
    const narrow = jsonBody({ maxBytes: 6, maxDepth: 3 });
    expect(await narrow(post('[[[]]]', JSON_TYPE))).toEqual([[[]]]);
    await expect(narrow(post('[[[ ]]]', JSON_TYPE))).rejects.toMatchObject({ limit: 'maxBytes', maximum: 6 });
    const deep = jsonBody({ maxDepth: 2 });
    await expect(deep(post('[[{}]]', JSON_TYPE))).rejects.toMatchObject({ limit: 'maxDepth', maximum: 2, observed: 3 });
    const bomb = '['.repeat(400_000) + ']'.repeat(400_000);
    await expect(read(post(bomb, JSON_TYPE))).rejects.toMatchObject({ limit: 'maxDepth', maximum: 64 });
    await expect(read(post('['.repeat(400_000), JSON_TYPE))).rejects.toMatchObject({ code: 'LML_ERR_WEB_BODY_SYNTAX' });
  });

  it('checks by a schema, asynchronous ones too, and gives what that makes of it', async () => {
    const schema = z.object({
      name: z.string().min(1),
      count: z.coerce.number().int(),
      'a/b~c': z.array(z.string().refine(async (value) => value !== 'taken', 'is taken')).optional(),
    });
    const readItem = jsonBody({ schema });
    expectTypeOf(readItem).toEqualTypeOf<BodyReader<z.output<typeof schema>>>();
    expect(await readItem(post('{"name":"x","count":"3","more":1}', JSON_TYPE))).toEqual({ name: 'x', count: 3 });
    await expect(readItem(post('{"name":"","count":1,"a/b~c":["free","taken"]}', JSON_TYPE))).rejects.toMatchObject({
      code: 'LML_ERR_WEB_BODY_INVALID',
      statusHint: 422,
      issues: [{ pointer: '/name' }, { pointer: '/a~1b~0c/1', detail: 'is taken' }],
    });
  });

  it('tells of 100 issues at most', async () => {
    const readNumbers = jsonBody({ schema: z.array(z.number()) });
    const error = await readNumbers(post(JSON.stringify(Array(150).fill('x')), JSON_TYPE)).catch((e: unknown) => e);
    expect(error).toHaveProperty('issues.length', 100);
  });

  it.each([{ maxBytes: 0 }, { maxDepth: 0 }, { schema: {} }, { types: [] }, { types: ['JSON'] }, { types: ['*/*'] }])(
    'refuses %j',
    (options) => {
      expect(() => jsonBody(options as never)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    },
  );
});

describe('formBody', () => {
  it('reads fields, repeated ones as lists', async () => {
    const fields = await formBody()(post('a=1&b=%C3%BC+x&a=2&c&a=3&=&%zz=%', FORM_TYPE));
    expect({ ...fields }).toEqual({ a: ['1', '2', '3'], b: 'ü x', c: '', '': '', '%zz': '%' });
    expect(Object.getPrototypeOf(fields)).toBe(null);
    expect({ ...(await formBody()(post('', FORM_TYPE))) }).toEqual({});
  });

  it('keeps names that objects have of their own from meaning anything', async () => {
    const fields = await formBody()(post('constructor=1&toString=2&hasOwnProperty=3', FORM_TYPE));
    expect({ ...fields }).toEqual({ constructor: '1', toString: '2', hasOwnProperty: '3' });
    for (const body of ['__proto__=1', '%5F_proto__=1&__proto__=2']) {
      await expect(formBody()(post(body, FORM_TYPE))).rejects.toMatchObject({ code: 'LML_ERR_WEB_BODY_SYNTAX' });
    }
  });

  it('has limits, both sides of each', async () => {
    const read = formBody({ maxBytes: 9, maxFields: 2, maxNameLength: 3 });
    expect({ ...(await read(post('abc=1&d=2', FORM_TYPE))) }).toEqual({ abc: '1', d: '2' });
    for (const [body, limit] of [
      ['abc=1&d=22', 'maxBytes'],
      ['a&b&c', 'maxFields'],
      ['&&', 'maxFields'],
      ['abcd=1', 'maxNameLength'],
    ] as const) {
      await expect(read(post(body, FORM_TYPE))).rejects.toMatchObject({ limit, facts: { phase: 'body' } });
    }
  });

  it('checks by a schema', async () => {
    const read = formBody({ schema: z.object({ age: z.coerce.number() }) });
    expect(await read(post('age=7', FORM_TYPE))).toEqual({ age: 7 });
    await expect(read(post('age=x', FORM_TYPE))).rejects.toMatchObject({ issues: [{ pointer: '/age' }] });
  });

  it.each([
    ['a=1', 'text/plain', 'TYPE'],
    ['a=1', `${FORM_TYPE}; charset=latin1`, 'TYPE'],
    [Uint8Array.of(0x61, 0x3d, 0xff), FORM_TYPE, 'SYNTAX'],
  ])('refuses %s as %s', async (body, type, code) => {
    await expect(formBody()(post(body, type))).rejects.toMatchObject({ code: `LML_ERR_WEB_BODY_${code}` });
  });

  it.each([{ maxBytes: 0 }, { maxFields: 0 }, { maxNameLength: 0 }, { schema: 1 }])('refuses %j', (options) => {
    expect(() => formBody(options as never)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

describe('textBody', () => {
  it.each([
    ['text/plain', Buffer.from('ü'), 'ü'],
    ['text/markdown; charset="UTF-8"', Buffer.from('\ufeffü'), 'ü'],
    ['text/plain; charset=us-ascii', Buffer.from('a'), 'a'],
    ['text/plain; charset=ISO-8859-1', Buffer.from('ü', 'latin1'), 'ü'],
    ['text/plain; charset=utf-16le', Buffer.from('ü', 'utf16le'), 'ü'],
  ])('reads %s', async (type, body, expected) => {
    expect(await textBody()(post(body, type))).toBe(expected);
  });

  it('refuses other types, other charsets, broken text and long text', async () => {
    const refused = (body: string | Uint8Array, type: string) => textBody({ maxBytes: 3 })(post(body, type));
    await expect(refused('a', 'application/json')).rejects.toMatchObject({ code: 'LML_ERR_WEB_BODY_TYPE' });
    await expect(refused('a', 'text/plain; charset=utf-7')).rejects.toMatchObject({ code: 'LML_ERR_WEB_BODY_TYPE' });
    const broken = refused(Uint8Array.of(0xff), 'text/plain');
    await expect(broken).rejects.toMatchObject({ code: 'LML_ERR_WEB_BODY_SYNTAX' });
    expect(await refused('abc', 'text/plain')).toBe('abc');
    await expect(refused('abcd', 'text/plain')).rejects.toMatchObject({ limit: 'maxBytes', maximum: 3 });
  });
});

describe('bytesBody', () => {
  it('takes any type and none, unless it is told which', async () => {
    const untyped = HttpRequest.from({ method: 'POST', target: '/', body: 'abc' });
    expect(Buffer.from(await bytesBody()(untyped)).toString()).toBe('abc');
    const image = bytesBody({ types: ['image/*'], maxBytes: 3 });
    expect(await image(post('abc', 'image/png'))).toHaveLength(3);
    await expect(image(post('abcd', 'image/png'))).rejects.toMatchObject({ limit: 'maxBytes' });
    await expect(image(post('abc', 'text/html'))).rejects.toMatchObject({ code: 'LML_ERR_WEB_BODY_TYPE' });
  });

  it.each([{ maxBytes: -1 }, { types: 'image/*' }])('refuses %j', (options) => {
    expect(() => bytesBody(options as never)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    expect(() => textBody(options as never)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

describe('bodyService', () => {
  const read = jsonBody({ schema: z.object({ id: z.number() }), maxBytes: 20 });
  const service = bodyService(read, ({ id }) => HttpResponse.text(`id ${id}`));

  it.each<[string, string, number, object]>([
    ['{}', 'text/plain', 415, { title: 'Unsupported Media Type' }],
    ['{', JSON_TYPE, 400, { detail: 'the content is not JSON' }],
    [' '.repeat(21), JSON_TYPE, 413, { limit: 'maxBytes', maximum: 20 }],
    ['{"id":"x"}', JSON_TYPE, 422, { errors: [{ pointer: '/id', detail: expect.any(String) }] }],
  ])('answers %j as %s with %d', async (body, type, status, expected) => {
    const response = await service.serve(post(body, type));
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(await response.body.json()).toMatchObject({ status, ...expected });
  });

  it('hands the content on, and passes all other errors', async () => {
    expect(await (await service.serve(post('{"id":7}', JSON_TYPE))).body.text()).toBe('id 7');
    const failing = bodyService(read, () => {
      throw new Error('of the service');
    });
    await expect(failing.serve(post('{"id":7}', JSON_TYPE))).rejects.toThrow('of the service');
    const limited = bodyService(read, async () => {
      await HttpResponse.text('of another server').body.bytes({ maxBytes: 1 });
      return HttpResponse.text('never');
    });
    await expect(limited.serve(post('{"id":7}', JSON_TYPE))).rejects.toMatchObject({ code: 'LML_ERR_LIMIT' });
  });
});

describe('safeFileName', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\dir\\a.txt', 'a.txt'],
    ['/', 'file'],
    ['', 'file'],
    ['..', 'file'],
    ['.htaccess', 'htaccess'],
    ['a.txt. . ', 'a.txt'],
    ['a\0b\r\n.txt', 'ab.txt'],
    ['a\u202etxt.exe', 'atxt.exe'],
    ['a<>:"|?*b', 'a_______b'],
    ['NUL', '_NUL'],
    ['com1.txt', '_com1.txt'],
    ['console.txt', 'console.txt'],
    ['u\u0308.png', 'ü.png'],
    ['\ud800.png', '_.png'],
  ])('makes %j %j', (given, expected) => {
    expect(safeFileName(given)).toBe(expected);
  });

  it('keeps 200 bytes, with the ending and whole characters', () => {
    expect(safeFileName('a'.repeat(200))).toBe('a'.repeat(200));
    expect(safeFileName(`${'a'.repeat(300)}.txt`)).toBe(`${'a'.repeat(196)}.txt`);
    expect(safeFileName('ü'.repeat(150))).toBe('ü'.repeat(100));
    expect(safeFileName(`a.${'b'.repeat(300)}`)).toHaveLength(200);
  });

  it('looks at a row of 500,000 dots once, wherever it stands', () => {
    const row = '. '.repeat(250_000);
    expect(safeFileName(`${row}a`)).toBe('a');
    expect(safeFileName(`a${row}`)).toBe('a');
    expect(safeFileName(`a${row}b`)).toHaveLength(200);
  });
});

function post(body: string | Uint8Array, type: string, headers: Record<string, string> = {}): HttpRequest {
  return HttpRequest.from({ method: 'POST', target: '/', headers: { 'Content-Type': type, ...headers }, body });
}
