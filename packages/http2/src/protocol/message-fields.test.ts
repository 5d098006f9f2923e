import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageFields, readResponse, readTrailers } from './message-fields.ts';

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const CONNECT = [':method', 'CONNECT', ':authority', 'a.test:443'];
const WEBSOCKET = [':method', 'CONNECT', ':protocol', 'websocket', ...GET.slice(2)];

describe('a request', () => {
  it('is taken apart', () => {
    const section = [...GET, 'accept', '*/*', 'content-length', '5', 'x', ''];
    expect(readRequest(section)).toEqual({
      method: 'GET',
      scheme: 'https',
      authority: 'a.test',
      path: '/',
      protocol: undefined,
      fields: ['host', 'a.test', 'accept', '*/*', 'content-length', '5', 'x', ''],
      contentLength: 5,
      priority: undefined,
    });
  });

  it.each<[string, readonly string[], object]>([
    ['pseudo-header fields in any order', [...GET.slice(4), ...GET.slice(0, 4)], { method: 'GET', path: '/' }],
    ['a method of its own', with_(':method', 'PURGE!'), { method: 'PURGE!' }],
    ['a scheme in capitals', with_(':scheme', 'HTTPS'), { scheme: 'HTTPS' }],
    ['another scheme', with_(':scheme', 'git+ssh-2.0'), { scheme: 'git+ssh-2.0' }],
    ['a port', with_(':authority', 'a.test:8443'), { authority: 'a.test:8443' }],
    ['an address', with_(':authority', '[::1]:8443'), { authority: '[::1]:8443' }],
    ['a path with whatever is visible', with_(':path', '/a%20b?q=1&r="<>|\\^`{}'), { path: '/a%20b?q=1&r="<>|\\^`{}' }],
    ['OPTIONS for the whole server', [...with_(':method', 'OPTIONS').slice(0, 6), ':path', '*'], { path: '*' }],
    [
      'Host in place of :authority',
      [...without(':authority'), 'host', 'a.test'],
      { authority: 'a.test', fields: ['host', 'a.test'] },
    ],
    ['Host like :authority', [...GET, 'host', 'A.TEST'], { authority: 'a.test', fields: ['host', 'a.test'] }],
    ['Host twice, the same', [...without(':authority'), 'host', 'a.test', 'host', 'a.test'], { authority: 'a.test' }],
    ['te: trailers', [...GET, 'te', 'Trailers'], { fields: ['host', 'a.test', 'te', 'Trailers'] }],
    [
      'crumbs of Cookie',
      [...GET, 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2', 'cookie', 'c=3'],
      {
        fields: ['host', 'a.test', 'cookie', 'a=1; b=2; c=3', 'x', 'y'],
      },
    ],
    [
      'empty crumbs of Cookie, of which no blank stays at an end',
      [...GET, 'cookie', '', 'cookie', 'a=1', 'cookie', '', 'cookie', 'b=2', 'cookie', ''],
      { fields: ['host', 'a.test', 'cookie', 'a=1; b=2'] },
    ],
    [
      'Content-Length twice, the same',
      [...GET, 'content-length', '5', 'content-length', '5'],
      {
        contentLength: 5,
        fields: ['host', 'a.test', 'content-length', '5'],
      },
    ],
    [
      'Content-Length of 15 digits',
      [...GET, 'content-length', '999999999999999'],
      { contentLength: 999_999_999_999_999 },
    ],
    [
      'fields with bytes beyond ASCII and tabs within',
      [...GET, 'x', '\xe9\t\xff'],
      { fields: ['host', 'a.test', 'x', '\xe9\t\xff'] },
    ],
    [
      'every character of a token',
      [...GET, "!#$%&'*+-.^_`|~09az", ''],
      { fields: ['host', 'a.test', "!#$%&'*+-.^_`|~09az", ''] },
    ],
    ['a priority', [...GET, 'priority', 'u=1, i'], { priority: { urgency: 1, isIncremental: true } }],
    ['CONNECT', CONNECT, { method: 'CONNECT', scheme: '', path: '', authority: 'a.test:443', protocol: undefined }],
    ['CONNECT with a length of 0', [...CONNECT, 'content-length', '0'], { contentLength: -1 }],
    ['extended CONNECT with a length of 0', [...WEBSOCKET, 'content-length', '0'], { contentLength: -1 }],
    ['extended CONNECT', WEBSOCKET, { method: 'CONNECT', protocol: 'websocket', path: '/', scheme: 'https' }],
  ])('may have %s', (_what, section, expected) => {
    expect(readRequest(section)).toMatchObject(expected);
  });

  it.each<[string, readonly string[], string]>([
    // RFC 9113 section 8.3
    ['no :method', without(':method'), 'it has no valid :method'],
    ['no :scheme', without(':scheme'), 'it has no valid :scheme'],
    ['no :path', without(':path'), 'it has no valid :path'],
    ['neither :authority nor Host', without(':authority'), 'it has no valid :authority'],
    ['nothing', [], 'it has no valid :method'],
    ['two :method', [...GET, ':method', 'GET'], ':method stands there twice'],
    ['two :scheme', [...GET, ':scheme', 'https'], ':scheme stands there twice'],
    ['two :authority', [...GET, ':authority', 'a.test'], ':authority stands there twice'],
    ['two :path', [...GET, ':path', '/'], ':path stands there twice'],
    ['two :protocol', [...WEBSOCKET, ':protocol', 'websocket'], '":protocol" does not belong into a request'],
    ['a pseudo-header field of responses', [...GET, ':status', '200'], '":status" does not belong into a request'],
    ['a pseudo-header field that nobody knows', [...GET, ':x', '1'], '":x" does not belong into a request'],
    ['a pseudo-header field in capitals', [...GET, ':Method', 'GET'], '":Method" does not belong into a request'],
    ['nothing but a colon', [...GET, ':', ''], '":" does not belong into a request'],
    [
      'a pseudo-header field behind others',
      [...GET.slice(0, 6), 'x', 'y', ':path', '/'],
      '":path" does not belong there',
    ],
    // RFC 9113 section 8.3.1
    ['an empty method', with_(':method', ''), 'it has no valid :method'],
    ['a method that is no token', with_(':method', 'GE T'), 'it has no valid :method'],
    ['an empty scheme', with_(':scheme', ''), 'it has no valid :scheme'],
    ['a scheme that is none', with_(':scheme', '1http'), 'it has no valid :scheme'],
    ['a scheme with more', with_(':scheme', 'https://a.test/?'), 'it has no valid :scheme'],
    ['an empty path', with_(':path', ''), 'it has no valid :path'],
    ['a path that does not begin at the root', with_(':path', 'a'), 'it has no valid :path'],
    ['a whole URL as path', with_(':path', 'https://a.test/'), 'it has no valid :path'],
    ['a path with a blank', with_(':path', '/ HTTP/1.1'), 'it has no valid :path'],
    ['a path with a line end', with_(':path', '/\r\nx: y'), 'it has no valid :path'],
    ['a path with a fragment', with_(':path', '/#a'), 'it has no valid :path'],
    ['a path with DEL', with_(':path', '/\x7f'), 'it has no valid :path'],
    ['a path beyond ASCII', with_(':path', '/\xe9'), 'it has no valid :path'],
    ['* for another method than OPTIONS', with_(':path', '*'), 'it has no valid :path'],
    ['an empty authority', with_(':authority', ''), 'it has no valid :authority'],
    ['a user in the authority', with_(':authority', 'me@a.test'), 'it has no valid :authority'],
    ['a path in the authority', with_(':authority', 'a.test/b'), 'it has no valid :authority'],
    ['a blank in the authority', with_(':authority', 'a.test b'), 'it has no valid :authority'],
    ['a line end in the authority', with_(':authority', 'a.test\r\nx: y'), 'it has no valid :authority'],
    ['another Host than :authority', [...GET, 'host', 'b.test'], 'Host and :authority differ'],
    ['two Hosts', [...without(':authority'), 'host', 'a.test', 'host', 'b.test'], 'there is more than one Host field'],
    // RFC 9113 section 8.2
    ['a name in capitals', [...GET, 'Accept', '*/*'], '"Accept" is no field name in lower case'],
    ['one capital in a name', [...GET, 'accepT', '*/*'], '"accepT" is no field name in lower case'],
    ['an empty name', [...GET, '', 'x'], '"" is no field name in lower case'],
    ['a blank in a name', [...GET, 'a b', 'x'], '"a b" is no field name in lower case'],
    ['a colon in a name', [...GET, 'a:b', 'x'], '"a:b" is no field name in lower case'],
    ['NUL in a name', [...GET, 'a\0', 'x'], '"a\\u0000" is no field name in lower case'],
    ['DEL in a name', [...GET, 'a\x7f', 'x'], '"a\x7f" is no field name in lower case'],
    ['a name beyond ASCII', [...GET, '\xe9', 'x'], '"\xe9" is no field name in lower case'],
    ['NUL in a value', [...GET, 'x', 'a\0b'], 'the value of x holds what no field value may hold'],
    ['CR in a value', [...GET, 'x', 'a\rb'], 'the value of x holds what no field value may hold'],
    ['LF in a value', [...GET, 'x', 'a\nb'], 'the value of x holds what no field value may hold'],
    ['DEL in a value', [...GET, 'x', 'a\x7fb'], 'the value of x holds what no field value may hold'],
    ['a blank in front of a value', [...GET, 'x', ' a'], 'the value of x holds what no field value may hold'],
    ['a blank behind a value', [...GET, 'x', 'a '], 'the value of x holds what no field value may hold'],
    ['a tab in front of a value', [...GET, 'x', '\ta'], 'the value of x holds what no field value may hold'],
    ['a tab behind a value', [...GET, 'x', 'a\t'], 'the value of x holds what no field value may hold'],
    ['nothing but a blank as value', [...GET, 'x', ' '], 'the value of x holds what no field value may hold'],
    ['Connection', [...GET, 'connection', 'close'], 'connection belongs to HTTP/1.1'],
    ['Keep-Alive', [...GET, 'keep-alive', 'timeout=5'], 'keep-alive belongs to HTTP/1.1'],
    ['Proxy-Connection', [...GET, 'proxy-connection', 'close'], 'proxy-connection belongs to HTTP/1.1'],
    ['Transfer-Encoding', [...GET, 'transfer-encoding', 'chunked'], 'transfer-encoding belongs to HTTP/1.1'],
    ['Upgrade', [...GET, 'upgrade', 'h2c'], 'upgrade belongs to HTTP/1.1'],
    ['another TE', [...GET, 'te', 'trailers, deflate'], 'TE may only be "trailers"'],
    // RFC 9113 section 8.1.1
    ['a Content-Length that is no number', [...GET, 'content-length', '5x'], 'content-length must be one number'],
    ['a signed Content-Length', [...GET, 'content-length', '+5'], 'content-length must be one number'],
    ['an empty Content-Length', [...GET, 'content-length', ''], 'content-length must be one number'],
    ['a list as Content-Length', [...GET, 'content-length', '5, 5'], 'content-length must be one number'],
    [
      'a Content-Length beyond numbers',
      [...GET, 'content-length', '1000000000000000'],
      'content-length must be one number',
    ],
    [
      'two Content-Lengths',
      [...GET, 'content-length', '5', 'content-length', '6'],
      'content-length must be one number',
    ],
    // RFC 9113 section 8.5, RFC 8441 section 4
    ['CONNECT with :scheme', [...CONNECT, ':scheme', 'https'], 'CONNECT must have neither :scheme nor :path'],
    ['CONNECT with :path', [...CONNECT, ':path', '/'], 'CONNECT must have neither :scheme nor :path'],
    ['CONNECT without :authority', [':method', 'CONNECT', 'host', 'a.test:443'], 'CONNECT needs an :authority'],
    ['CONNECT with content', [...CONNECT, 'content-length', '5'], 'CONNECT must not have a content-length'],
    ['extended CONNECT with content', [...WEBSOCKET, 'content-length', '5'], 'CONNECT must not have a content-length'],
    [':protocol without CONNECT', [...GET, ':protocol', 'websocket'], 'it has a :protocol that it may not have'],
    [
      'an empty :protocol',
      [...GET.slice(2), ':method', 'CONNECT', ':protocol', ''],
      'it has a :protocol that it may not have',
    ],
    ['extended CONNECT without :scheme', WEBSOCKET.filter((_, at) => at < 4 || at > 5), 'it has no valid :scheme'],
    ['extended CONNECT without :path', WEBSOCKET.slice(0, -2), 'it has no valid :path'],
  ])('must not have %s', (_what, section, problem) => {
    expect(readRequest(section)).toBe(problem);
  });

  it('has no :protocol where extended CONNECT was not offered', () => {
    expect(new MessageFields().readRequest(WEBSOCKET, false)).toBe('":protocol" does not belong into a request');
  });

  it('is checked each time, whatever the one before it had', () => {
    const reader = new MessageFields();
    expect(reader.readRequest(GET, true)).toMatchObject({ authority: 'a.test' });
    expect(reader.readRequest(with_(':authority', 'a b'), true)).toBe('it has no valid :authority');
    expect(reader.readRequest(without(':authority'), true)).toBe('it has no valid :authority');
    expect(reader.readRequest(GET, true)).toMatchObject({ authority: 'a.test' });
  });

  it.each([
    ['a value', ['x', 'fine'], ['x', 'b\nd'], 'the value of x holds what no field value may hold'],
    ['a name', ['x', 'fine'], ['X', 'fine'], '"X" is no field name in lower case'],
  ])('looks at %s again where it is another one than the last time', (_, good, bad, problem) => {
    const reader = new MessageFields();
    for (const fields of [good, good, bad, good, bad]) {
      const read = reader.readRequest([...GET, ...fields], true);
      if (fields === bad) expect(read).toBe(problem);
      else expect(read).toMatchObject({ fields: ['host', 'a.test', ...good] });
    }
  });

  it('knows nothing of places at which nothing valid has stood: a field without a name stays none', () => {
    const long = ['x', 'y'.repeat(300)]; // not kept
    for (const before of [
      [...GET, 'x', 'y'],
      [...GET, ...long, ...long, 'x', 'y'],
    ]) {
      for (let hosts = 1; hosts < 5; hosts++) {
        const reader = new MessageFields();
        expect(reader.readRequest(before, true)).toMatchObject({ method: 'GET' });
        const host = Array.from({ length: hosts }, () => ['host', 'a.test']).flat();
        for (const nameless of [
          [...without(':authority'), '', '', ...host],
          [...without(':authority'), ...host, '', ''],
        ]) {
          expect(reader.readRequest(nameless, true)).toBe('"" is no field name in lower case');
        }
      }
    }
  });

  it('is read as by somebody who has seen nothing before, whatever came', () => {
    const pseudo = fc.record({
      ':method': fc.constantFrom('GET', 'OPTIONS', 'CONNECT', 'G T', ''),
      ':scheme': fc.constantFrom('https', 'http', '1', ''),
      ':authority': fc.constantFrom('a.test', 'b.test:1', 'a b', '', undefined),
      ':path': fc.constantFrom('/', '*', 'x', undefined),
    });
    const text = fc.constantFrom(
      '',
      'a',
      'A',
      'b',
      ':a',
      'a b',
      ' a',
      'a\n',
      '1',
      '5',
      'a.test',
      'trailers',
      'u=1',
      'application/grpc',
    );
    const name = fc.constantFrom(
      '',
      'a',
      'b',
      'A',
      ':a',
      'host',
      'te',
      'cookie',
      'content-length',
      'priority',
      'upgrade',
      'content-type',
    );
    const value = fc.oneof(
      { weight: 9, arbitrary: text },
      fc.constantFrom(255, 256, 257).map((length) => 'x'.repeat(length)),
    );
    const many = fc.nat(40).map((count) => Array.from({ length: count }, () => ['a', 'a'] as const));
    const fields = fc.oneof(fc.array(fc.tuple(name, value), { maxLength: 6 }), many);
    const section = fc.tuple(pseudo, fields, fields).map(([first, ...rest]) => [
      ...Object.entries(first).flatMap((pair) => (pair[1] === undefined ? [] : (pair as [string, string]))), // that is left
      ...rest.flat(2),
    ]);
    fc.assert(
      fc.property(fc.array(section, { minLength: 2, maxLength: 8 }), (sections) => {
        const reader = new MessageFields();
        for (const each of sections) expect(reader.readRequest(each, true)).toEqual(readRequest(each));
      }),
      { numRuns: 300 },
    );
  });

  it('takes methods and schemes for valid only as they were', () => {
    const reader = new MessageFields();
    for (const [name, good, bad] of [
      [':method', 'PURGE', 'PUR GE'],
      [':scheme', 'git', '1git'],
    ] as const) {
      const what = `it has no valid ${name}`;
      const read = [good, bad, good, bad].map((value) => reader.readRequest(with_(name, value), true));
      expect(read).toEqual([
        expect.objectContaining({ path: '/' }),
        what,
        expect.objectContaining({ path: '/' }),
        what,
      ]);
    }
  });
});

describe('a response', () => {
  it('is taken apart', () => {
    expect(readResponse([':status', '200', 'content-length', '5', 'a', 'b'])).toEqual({
      status: 200,
      fields: ['content-length', '5', 'a', 'b'],
      contentLength: 5,
    });
    expect(readResponse([':status', '103'])).toEqual({ status: 103, fields: [], contentLength: -1 });
    expect(readResponse([':status', '999', 'host', 'a.test'])).toMatchObject({ fields: ['host', 'a.test'] });
  });

  it.each<[string, readonly string[], string]>([
    ['no :status', ['a', 'b'], 'it has no valid :status'],
    ['nothing', [], 'it has no valid :status'],
    ['two :status', [':status', '200', ':status', '200'], '":status" does not belong there'],
    ['a :status behind others', ['a', 'b', ':status', '200'], 'it has no valid :status'],
    ['a pseudo-header field of requests', [':status', '200', ':path', '/'], '":path" does not belong there'],
    ['one in front', [':path', '/', ':status', '200'], 'it has no valid :status'],
    ['a status of two digits', [':status', '20'], 'it has no valid :status'],
    ['a status of four digits', [':status', '2000'], 'it has no valid :status'],
    ['a status below 100', [':status', '099'], 'it has no valid :status'],
    ['a status with a reason', [':status', '200 OK'], 'it has no valid :status'],
    ['an empty status', [':status', ''], 'it has no valid :status'],
    ['101', [':status', '101'], '101 (Switching Protocols) does not exist in HTTP/2'],
    ['a name in capitals', [':status', '200', 'Server', 'x'], '"Server" is no field name in lower case'],
    ['a line end in a value', [':status', '200', 'x', 'a\r\nb'], 'the value of x holds what no field value may hold'],
    ['Connection', [':status', '200', 'connection', 'close'], 'connection belongs to HTTP/1.1'],
    ['Transfer-Encoding', [':status', '200', 'transfer-encoding', 'chunked'], 'transfer-encoding belongs to HTTP/1.1'],
    [
      'two Content-Lengths',
      [':status', '200', 'content-length', '1', 'content-length', '2'],
      'content-length must be one number',
    ],
  ])('must not have %s', (_what, section, problem) => {
    expect(readResponse(section)).toBe(problem);
  });
});

describe('trailers', () => {
  it('are fields', () => {
    expect(readTrailers(['a', 'b', 'host', 'c'])).toEqual(['a', 'b', 'host', 'c']);
    expect(readTrailers([])).toEqual([]);
  });

  it.each<[string, readonly string[], string]>([
    ['pseudo-header fields', [':status', '200'], '":status" does not belong there'],
    ['pseudo-header fields of requests', ['a', 'b', ':path', '/'], '":path" does not belong there'],
    ['names in capitals', ['A', 'b'], '"A" is no field name in lower case'],
    ['what belongs to HTTP/1.1', ['connection', 'close'], 'connection belongs to HTTP/1.1'],
    ['values with line ends', ['a', 'b\nc'], 'the value of a holds what no field value may hold'],
  ])('must not have %s', (_what, section, problem) => {
    expect(readTrailers(section)).toBe(problem);
  });
});

function readRequest(section: readonly string[]): unknown {
  return new MessageFields().readRequest(section, true);
}

/** The request with another value of a field. */
function with_(name: string, value: string): string[] {
  return GET.map((text, index) => (index % 2 === 1 && GET[index - 1] === name ? value : text));
}

/** The request without a field. */
function without(name: string): string[] {
  const at = GET.indexOf(name);
  return GET.filter((_, index) => index !== at && index !== at + 1);
}
