import { describe, expect, it } from 'vitest';
import { MessageFields, readResponse, readTrailers } from './message-fields.ts';

const HEAD = [':method', 'POST', ':scheme', 'https', ':authority', 'a.test', ':path', '/s/m'];
const WRONG = expect.stringMatching(/^the value of .* holds what no field value may hold$/);

describe('blanks at the ends of a value', () => {
  it.each(['application/grpc', 'application/grpc+proto', 'Application/gRPC; a=b'])(
    'are taken off in the head of a call of %s, whatever stands first',
    (type) => {
      const fields = ['x-word', ' \t a b \t', 'content-type', type, 'x-blank', ' \t '];
      const taken = ['x-word', 'a b', 'content-type', type, 'x-blank', ''];
      const reader = new MessageFields();
      for (let round = 0; round < 2; round++) {
        expect(reader.readRequest([...HEAD, ...fields], false)).toMatchObject({ fields: ['host', 'a.test', ...taken] });
      }
      expect(readResponse([':status', '200', ...fields])).toMatchObject({ fields: taken });
    },
  );

  it('are taken off in trailers with a status', () => {
    const taken = ['grpc-status', '5', 'grpc-message', 'no such:', 'x', 'y'];
    expect(readTrailers(['grpc-status', ' 5', 'grpc-message', 'no such: ', 'x', '\ty'])).toEqual(taken);
    expect(readTrailers(['grpc-message', 'no such: ', 'x', '\ty'])).toEqual(WRONG);
  });

  it('make any other message malformed', () => {
    for (const type of [
      [],
      ['content-type', 'text/html'],
      ['content-type', 'application/grpc-web'],
      ['content-type', 'application/grpcx'],
    ]) {
      expect(readResponse([':status', '200', ...type, 'x', 'a '])).toEqual(WRONG);
      expect(new MessageFields().readRequest([...HEAD, ...type, 'x', 'a '], false)).toEqual(WRONG);
    }
  });

  it.each(['host', 'content-length', 'te', 'content-type'])('are never taken off %s', (name) => {
    const value = { host: ' a.test', 'content-length': '5 ', te: 'trailers ', 'content-type': ' application/grpc' }[
      name
    ];
    const fields = ['content-type', 'application/grpc', name, value ?? ''];
    expect(new MessageFields().readRequest([...HEAD, ...fields], false)).toEqual(WRONG);
  });

  it('are all that is taken off: what is wrong within stays so', () => {
    const fields = ['content-type', 'application/grpc', 'x', ' a\0b '];
    expect(readResponse([':status', '200', ...fields])).toEqual(WRONG);
  });

  it('may be many', () => {
    const long = `a${' '.repeat(60_000)}b${' '.repeat(60_000)}`;
    expect(readTrailers(['grpc-status', '5', 'x', long])).toEqual(['grpc-status', '5', 'x', long.trimEnd()]);
  });
});
