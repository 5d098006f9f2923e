import { HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { responseLines, verboseTranscript } from './verbose.ts';

describe('verboseTranscript', () => {
  it('writes as curl does', () => {
    const { lines, transcript } = setup();
    transcript.note('Connected to h:80');
    transcript.sent(HttpRequest.from({ target: 'http://h/a?b', headers: [['X-One', '1']] }), false);
    transcript.received({ status: 103, reason: '', headers: HttpHeaders.from([['Link', '</x>']]) });
    transcript.received(HttpResponse.from({ status: 404, headers: [['X-Two', '2']] }));
    transcript.trailers(HttpHeaders.from([['X-Sum', '3']]));
    expect(lines).toEqual([
      '* Connected to h:80',
      '> GET /a?b HTTP/1.1',
      '> Host: h',
      '> X-One: 1',
      '>',
      '< HTTP/1.1 103',
      '< Link: </x>',
      '<',
      '< HTTP/1.1 404 Not Found',
      '< X-Two: 2',
      '<',
      '< X-Sum: 3',
    ]);
  });

  it('shows the whole URL that a proxy gets', () => {
    const { lines, transcript } = setup();
    transcript.sent(HttpRequest.from({ target: 'http://h:81/a' }), true);
    expect(lines.slice(0, 2)).toEqual(['> GET http://h:81/a HTTP/1.1', '> Host: h:81']);
  });

  it('shows a Host that was typed where it stands', () => {
    const { lines, transcript } = setup();
    const headers = [
      ['A', '1'],
      ['host', 'other'],
    ] as const;
    transcript.sent(HttpRequest.from({ target: 'http://h/', headers }), false);
    expect(lines).toEqual(['> GET / HTTP/1.1', '> A: 1', '> host: other', '>']);
  });

  it.each([
    ['GET', '', undefined],
    ['DELETE', '', undefined],
    ['POST', '', 'Content-Length: 0'],
    ['PUT', '', 'Content-Length: 0'],
    ['PATCH', '', 'Content-Length: 0'],
    ['POST', 'ü', 'Content-Length: 2'],
    ['GET', 'x', 'Content-Length: 1'],
    ['POST', ['chunk'], 'Transfer-Encoding: chunked'],
  ])('shows the framing of %s with %j', (method, body, line) => {
    const { lines, transcript } = setup();
    transcript.sent(HttpRequest.from({ method, target: 'http://h/', body }), false);
    expect(lines.slice(2, -1)).toEqual(line === undefined ? [] : [`> ${line}`]);
  });

  it('shows a length that was typed once', () => {
    const { lines, transcript } = setup();
    const headers = [['Content-Length', '1']] as const;
    transcript.sent(HttpRequest.from({ method: 'POST', target: 'http://h/', body: 'x', headers }), false);
    expect(lines.slice(2)).toEqual(['> Content-Length: 1', '>']);
  });
});

describe('verboseTranscript of HTTP/2', () => {
  it('shows the pseudo-header fields, and no field that is not sent', () => {
    const { lines, transcript } = setup();
    const headers = [
      ['X-One', '1'],
      ['Connection', 'keep-alive'],
    ] as const;
    transcript.sent(HttpRequest.from({ method: 'POST', target: 'https://h/a?b', headers, body: 'xy' }), false, 'h2');
    transcript.received({ status: 103, reason: '', headers: HttpHeaders.from([]) });
    transcript.received(HttpResponse.from({ version: '2', status: 200, reason: '' }));
    expect(lines).toEqual([
      '* using HTTP/2',
      '* [HTTP/2] [:method: POST]',
      '* [HTTP/2] [:scheme: https]',
      '* [HTTP/2] [:authority: h]',
      '* [HTTP/2] [:path: /a?b]',
      '> POST /a?b HTTP/2',
      '> Host: h',
      '> x-one: 1',
      '> content-length: 2',
      '>',
      '< HTTP/2 103',
      '<',
      '< HTTP/2 200',
      '<',
    ]);
  });

  it('shows a WebSocket as the extended CONNECT that it is', () => {
    const { lines, transcript } = setup();
    const headers = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Host', 'other'],
    ] as const;
    transcript.sent(HttpRequest.from({ target: 'https://h/chat', headers }), false, 'h2');
    expect(lines.slice(1, 6)).toEqual([
      '* [HTTP/2] [:method: CONNECT]',
      '* [HTTP/2] [:scheme: https]',
      '* [HTTP/2] [:authority: other]',
      '* [HTTP/2] [:path: /chat]',
      '* [HTTP/2] [:protocol: websocket]',
    ]);
  });
});

describe('responseLines', () => {
  it('has version and reason as they came', () => {
    expect(responseLines(HttpResponse.from({ version: '1.0', status: 200, reason: 'Fine' }))).toEqual([
      'HTTP/1.0 200 Fine',
    ]);
  });
});

function setup() {
  const lines: string[] = [];
  return { lines, transcript: verboseTranscript((line) => void lines.push(line)) };
}
