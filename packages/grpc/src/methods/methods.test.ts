import { create } from '@bufbuild/protobuf';
import { StringValueSchema } from '@bufbuild/protobuf/wkt';
import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { EchoService } from '../../test/support/echo-service.ts';
import { defineService } from './define-service.ts';
import { bytesCodec, jsonCodec } from './grpc-codec.ts';
import { grpcSchema, protobufCodec } from './grpc-schema.ts';

describe('defineService', () => {
  const text = jsonCodec(String);

  it('names methods as they are called on the wire', () => {
    const schema = defineService('a.b.C', {
      sayHi: { type: 'unary', request: text, response: text },
      other: { type: 'bidi', request: text, response: text, name: 'elsewhere' },
    });
    expect(schema.methods.sayHi).toMatchObject({
      path: '/a.b.C/SayHi',
      service: 'a.b.C',
      name: 'SayHi',
      type: 'unary',
    });
    expect(schema.methods.other.path).toBe('/a.b.C/elsewhere');
    expect(grpcSchema(schema)).toBe(schema);
  });

  it.each<[string, unknown]>([
    ['', {}],
    ['a..b', {}],
    ['a/b', {}],
    ['A', { x: { type: 'other', request: text, response: text } }],
    ['A', { 'x-y': { type: 'unary', request: text, response: text } }],
    ['A', { x: { type: 'unary', request: text, response: bytesCodec } }],
  ])('refuses %j with %j', (name, definitions) => {
    expect(() => defineService(name, definitions as never)).toThrow(UsageError);
  });
});

describe('grpcSchema', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a message', StringValueSchema],
    ['a file', StringValueSchema.file],
    ['a definition for grpc-js', { Say: { path: '/chat.v1.Chat/Say', requestStream: false } }],
  ])('refuses %s', (_, source) => {
    expect(() => grpcSchema(source as never)).toThrow(UsageError);
  });
});

describe('codecs', () => {
  it('checks what JSON brings', () => {
    const codec = jsonCodec((value) => {
      if (typeof value !== 'number') throw new Error('no number');
      return value;
    });
    expect(codec.deserialize(codec.serialize(5))).toBe(5);
    expect(() => codec.deserialize(Buffer.from('"5"'))).toThrow('no number');
    expect(() => codec.deserialize(Buffer.from('{'))).toThrow(SyntaxError);
    expect(() => codec.deserialize(Buffer.from([0x22, 0xff, 0x22]))).toThrow(TypeError);
  });

  it('takes partial protobuf messages and gives whole ones', () => {
    const codec = protobufCodec(StringValueSchema);
    expect(codec.deserialize(codec.serialize({ value: 'x' }))).toEqual(create(StringValueSchema, { value: 'x' }));
    expect(() => codec.deserialize(new Uint8Array([0x0a, 0xff]))).toThrow();
  });
});

describe('grpcSchema', () => {
  it('reads the descriptor of a service, once', () => {
    const schema = grpcSchema(EchoService);
    expect(grpcSchema(EchoService)).toBe(schema);
    const { echo, split, join, chat } = schema.methods;
    expect([echo.type, split.type, join.type, chat.type]).toEqual([
      'unary',
      'server-streaming',
      'client-streaming',
      'bidi',
    ]);
    expect(echo).toMatchObject({ path: '/test.v1.Echo/Echo', service: 'test.v1.Echo', name: 'Echo' });
    expect(echo.response.deserialize(echo.request.serialize({ value: 'x' })).value).toBe('x');
  });
});
