import { create, createRegistry } from '@bufbuild/protobuf';
import { AnySchema, anyPack, DurationSchema, StringValueSchema, StructSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { EchoService } from '../../test/support/echo-service.ts';
import { grpcClient, grpcService, implementService } from '../index.ts';
import { protobufJsonCodec } from './protobuf-json-codec.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('protobufJsonCodec', () => {
  it('maps messages to JSON and back', () => {
    const codec = protobufJsonCodec(DurationSchema);
    expect(Buffer.from(codec.serialize({ seconds: 3n, nanos: 500_000_000 })).toString()).toBe('"3.500s"');
    expect(codec.deserialize(json('3.5s'))).toMatchObject({ seconds: 3n, nanos: 500_000_000 });
  });

  it('leaves unknown fields aside', () => {
    const codec = protobufJsonCodec(AnySchema, { registry: createRegistry(DurationSchema) });
    const packed = { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1s' };
    expect(codec.deserialize(json(packed)).typeUrl).toBe('type.googleapis.com/google.protobuf.Duration');
    const any = anyPack(DurationSchema, create(DurationSchema, { seconds: 1n }));
    expect(JSON.parse(Buffer.from(codec.serialize(any)).toString())).toEqual(packed);
    expect(() => protobufJsonCodec(AnySchema).serialize(any)).toThrow();
  });

  it('refuses what is no UTF-8, no JSON or another message', () => {
    const codec = protobufJsonCodec(StringValueSchema);
    for (const bytes of [new Uint8Array([0x22, 0xff, 0x22]), Buffer.from('"a'), json(7)]) {
      expect(() => codec.deserialize(bytes)).toThrow();
    }
  });

  it('ends with an error where JSON is nested beyond all reason', () => {
    const bomb = Buffer.from(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
    expect(() => protobufJsonCodec(StructSchema).deserialize(bomb)).toThrow();
  });
});

describe('a service of descriptors', () => {
  const service = grpcService([
    implementService(EchoService, {
      echo: ({ value }, call) => ({ value: `${call.method.request.format} ${value}` }),
      *split({ value }) {
        for (const letter of value) yield { value: letter };
      },
      async join(messages) {
        let joined = '';
        for await (const { value } of messages) joined += value;
        return { value: joined };
      },
      async *chat(messages) {
        yield* messages;
      },
    }),
  ]);

  it('takes both formats, as the client chooses', async () => {
    expect((await grpcClient(service, EchoService).echo({ value: 'a' })).value).toBe('proto a');
    const client = grpcClient(service, EchoService, { format: 'json' });
    expect((await client.echo({ value: 'a' })).value).toBe('json a');
    const letters: string[] = [];
    for await (const { value } of client.split({ value: 'ab' })) letters.push(value);
    expect(letters).toEqual(['a', 'b']);
  });

  it('tells clients of formats that it has none of', () => {
    expect(() => grpcClient(service, EchoService, { format: 'xml' })).toThrow('format xml');
  });
});
