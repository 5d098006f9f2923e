import { METHODS } from 'node:http';
import fc from 'fast-check';
import { blanks, fieldText, token } from '../support/arbitraries.ts';
import type { Asked, Subject } from './reading.ts';

/** Requests in a row, most of them valid. */
export const requestSubject: fc.Arbitrary<Subject> = fc
  .array(fc.oneof({ weight: 12, arbitrary: request() }, { weight: 1, arbitrary: connectRequest() }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((messages) => ({ side: 'request', input: messages.join('') }));

/** Responses in a row to requests of one kind, most of them valid. */
export const responseSubject: fc.Arbitrary<Subject> = fc
  .record({
    asked: fc.constantFrom<Asked>('GET', 'GET', 'GET', 'HEAD', 'CONNECT', 'UPGRADE'),
    messages: fc.array(response(), { minLength: 1, maxLength: 4 }),
  })
  .map(({ asked, messages }) => ({ side: 'response', asked, input: messages.join('') }));

/** Mostly `usual`, and now and then one of the others. */
function mostly<Value>(usual: fc.Arbitrary<Value>, ...others: readonly fc.Arbitrary<Value>[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 20 * others.length, arbitrary: usual }, ...others);
}

function request(): fc.Arbitrary<string> {
  return fc
    .record({
      before: mostly(fc.constant(''), fc.constantFrom('\r\n', '\r\n\r\n', '\n', '\r')),
      method: mostly(fc.constantFrom(...METHODS.filter((method) => method !== 'CONNECT')), token),
      target: mostly(
        fc.constantFrom('/', '/a/b?c=d', '/%20', '//', '/?', 'http://a.test/x', 'https://b.test:8443?q'),
        fc.constantFrom('*', 'http://a.test', 'http:///', 'http://u@a.test/', 'h2+c://a/', 'a.test:80', 'x', ''),
        fieldText.map((text) => `/${text}`),
      ),
      version: mostly(
        fc.constant('HTTP/1.1'),
        fc.constantFrom('HTTP/1.0', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'RTSP/1.0', 'http/1.1'),
      ),
      host: mostly(fc.constant('Host: a.test\r\n'), fc.constantFrom('', 'Host: a@b\r\n', 'Host:\r\nHost: a\r\n')),
      fields: fields(),
      framed: framedContent(),
    })
    .map(
      ({ before, method, target, version, host, fields, framed }) =>
        `${before}${method} ${target} ${version}\r\n${host}${fields}${framed}`,
    );
}

function connectRequest(): fc.Arbitrary<string> {
  return fc
    .record({
      target: mostly(fc.constantFrom('a.test:443', '[::1]:1', '127.0.0.1:80'), fc.constantFrom('a.test', '/', 'a:b')),
      length: mostly(fc.constant(''), fc.constantFrom('Content-Length: 0\r\n', 'Content-Length: 3\r\n')),
      fields: fields(),
    })
    .map(({ target, length, fields }) => `CONNECT ${target} HTTP/1.1\r\nHost: a.test\r\n${fields}${length}\r\n`);
}

function response(): fc.Arbitrary<string> {
  return fc
    .record({
      version: mostly(fc.constant('HTTP/1.1'), fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'ICE/1.0')),
      status: mostly(
        fc.constantFrom('200', '200', '404', '204', '304', '100', '103'),
        fc.constantFrom('101', '999', '099', '20'),
      ),
      reason: mostly(
        fc.constantFrom(' OK', ' ', '', ' Not Found'),
        fieldText.map((text) => ` ${text}`),
      ),
      fields: fields(),
      framed: fc.oneof(
        { weight: 5, arbitrary: framedContent() },
        { weight: 1, arbitrary: fc.constant('\r\nto the end') },
      ),
    })
    .map(({ version, status, reason, fields, framed }) => {
      const head = `${version} ${status}${reason}\r\n${fields}`;
      // What has no content by definition gets none, so that the next message is read.
      return /^[12]0[0-9]|^304/.test(status) && status !== '200' ? `${head}\r\n` : head + framed;
    });
}

function fields(): fc.Arbitrary<string> {
  const plain = fc.record({ name: token, colon: fc.constantFrom(':', ': '), blanks, value: fieldText }).map(
    // A random name that decides framing is as good as one that was meant to.
    ({ name, colon, blanks, value }) => `${name}${colon}${value}${blanks}\r\n`,
  );
  const telling = fc.constantFrom(
    ...['Connection: close', 'connection: keep-alive', 'Connection: x, Close ,y', 'Connection: keep-alive, close'],
    ...['Connection: upgrade\r\nUpgrade: x', 'Upgrade: x', 'Connection: Upgrade', 'Connection: keep-alive, upgrade'],
    ...['Expect: 100-continue', 'Expect: x', 'Proxy-Connection: close', 'Connection:', 'Connection: ,,', 'Upgrade:'],
    ...['A : b', ' a: b', 'a: b\r\n c', 'a: b\nc: d', 'a: \x01', 'a:', 'no colon', 'a: \xe9', 'a: b\rc: d'],
  );
  return fc
    .array(
      mostly(
        plain,
        telling.map((line) => `${line}\r\n`),
      ),
      { maxLength: 4 },
    )
    .map((lines) => lines.join(''));
}

/** The field that frames content, the empty line, and the content. */
function framedContent(): fc.Arbitrary<string> {
  const content = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', 'GET '), maxLength: 12 });
  const byLength = content.map((text) => `Content-Length: ${text.length}\r\n\r\n${text}`);
  const oddLength = fc
    .constantFrom('+3', '3, 3', '3 ', '', '03', '0000000000000003', '3x', '-3', '0x3', '3\r\nContent-Length: 3')
    .map((length) => `Content-Length: ${length}\r\n\r\nabc`);
  const coding = mostly(
    fc.constantFrom('chunked', 'Chunked', 'chunked '),
    fc.constantFrom('gzip, chunked', 'chunked, gzip', 'gzip', 'xchunked', 'chunked, chunked', ',chunked', ''),
    fc.constantFrom('chunked\r\nContent-Length: 3', 'chunked\r\nTransfer-Encoding: chunked'),
  );
  const byChunks = fc
    .record({ coding, chunks: fc.array(chunk(content), { maxLength: 3 }), trailers: trailers() })
    .map(
      ({ coding, chunks, trailers }) => `Transfer-Encoding: ${coding}\r\n\r\n${chunks.join('')}0\r\n${trailers}\r\n`,
    );
  return mostly(fc.oneof(fc.constant('\r\n'), byLength, byChunks, byChunks), oddLength);
}

function chunk(content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const extension = mostly(
    fc.constantFrom('', ';a', ';a=b', ';a="b c"', ';a;b=c'),
    fc.constantFrom(' ;a', '; a', ';', ' ', ';a=\xe9', ';a="b', ';\n', ';a=b c', ';\0'),
  );
  return fc
    .record({ content, zeros: mostly(fc.constant(''), fc.constantFrom('0', '0000000000000000')), extension })
    .map(({ content, zeros, extension }) =>
      // An empty chunk is the last one.
      content === '' ? '' : `${zeros}${content.length.toString(16)}${extension}\r\n${content}\r\n`,
    );
}

function trailers(): fc.Arbitrary<string> {
  return mostly(
    fc.constantFrom('', '', 'A: b\r\n', 'a:\r\nb: c\r\n'),
    fc.constantFrom('Host: x\r\n', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n'),
    fc.constantFrom('Upgrade: x\r\n', ' a: b\r\n', 'a\r\n', '\n'),
  );
}
