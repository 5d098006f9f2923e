import type { DescFile, DescService } from '@bufbuild/protobuf';
import { create, createFileRegistry, toBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_descriptor,
} from '@bufbuild/protobuf/wkt';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrpcImplementation, GrpcReflectionClientOptions } from '../src/index.ts';
import {
  defineService,
  GrpcStatus,
  GrpcStatusError,
  grpcClient,
  grpcHealth,
  grpcReflection,
  grpcReflectionClient,
  grpcService,
  HealthService,
  implementService,
  jsonCodec,
} from '../src/index.ts';
import { reflectionSchema } from '../src/reflection/reflection-schema.ts';
import { echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { stages } from './support/stages.ts';

checkLedger({ beforeEach, afterEach });

const text = jsonCodec(String);
const Plain = defineService('test.Plain', { say: { type: 'unary', request: text, response: text } });
const echo = implementService(EchoService, echoHandlers({ calls: [], errors: [], log: [] }));
const plain = implementService(Plain, { say: (message) => message });

describe.each(stages)('reflection over $name', (stage) => {
  it('tells of services, and a client calls them by what it was told', async () => {
    const open = stage.open(grpcService([echo, plain, ...grpcReflection([echo, plain])]));
    const options = { url: 'http://app.test' };
    const reflection = grpcReflectionClient(open.service, options);
    expect(await reflection.listServices()).toEqual([
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'test.Plain',
      'test.v1.Echo',
    ]);
    const descriptor: DescService = await reflection.service('test.v1.Echo');
    expect(descriptor.methods.map(({ name, input }) => [name, input.typeName])).toEqual([
      ['Echo', 'google.protobuf.StringValue'],
      ['Split', 'google.protobuf.StringValue'],
      ['Join', 'google.protobuf.StringValue'],
      ['Chat', 'google.protobuf.StringValue'],
    ]);
    const client = grpcClient(open.service, descriptor, options);
    const asked = client['chat']?.([{ value: 'a' }]);
    if (asked === undefined || asked instanceof Promise) throw new Error('chat gives a stream');
    const replies: unknown[] = [];
    for await (const reply of asked) replies.push(reply);
    expect(replies).toMatchObject([{ value: 'A' }]);
    await expect(reflection.service('test.Plain')).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    await expect(reflection.service('test.v1.Echo.Join')).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    await open.close();
  });
});

describe('grpcReflection', () => {
  it('finds files by name and by whatever is declared in them, with all that they import', async () => {
    const { reflection } = setup();
    const names = (files: Iterable<DescFile>) => [...files].map(({ proto }) => proto.name).sort();
    const base = ['google/protobuf/descriptor.proto', 'lib/base.proto'];
    expect(names((await reflection.filesOf('lib/base.proto')).files)).toEqual(base);
    for (const symbol of ['lib.Thing', 'lib.Thing.inner_name', 'lib.Thing.Part', 'lib.Colour', 'lib.RED', 'lib.mark']) {
      expect(names((await reflection.filesOfSymbol(symbol)).files), symbol).toEqual(base);
    }
    expect(names((await reflection.filesOfSymbol('app.Things.Get')).files)).toEqual(['app/things.proto', ...base]);
    for (const symbol of ['lib', 'lib.Colour.RED', 'lib.Thing.', '.lib.Thing', '', '__proto__', 'constructor']) {
      await expect(reflection.filesOfSymbol(symbol), symbol).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    }
    await expect(reflection.filesOf('../lib/base.proto')).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
  });

  it('finds extensions', async () => {
    const { reflection } = setup();
    const options = 'google.protobuf.MessageOptions';
    expect(await reflection.extensionNumbers(options)).toEqual([50_001, 50_002]);
    expect(await reflection.extensionNumbers('lib.Thing')).toEqual([]);
    await expect(reflection.extensionNumbers('lib.None')).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    const files = await reflection.filesOfExtension(options, 50_001);
    expect(files.getExtension('lib.mark')?.number).toBe(50_001);
    await expect(reflection.filesOfExtension(options, 50_003)).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    await expect(reflection.filesOfExtension('lib.None', 1)).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
  });

  it('sends nothing twice on a stream that was not asked for, answers in order, and repeats what it was asked', async () => {
    const { service } = setup();
    const client = grpcClient(service, reflectionSchema('v1'));
    const questions = [
      { host: 'a.test', messageRequest: { case: 'fileContainingSymbol', value: 'app.Things' } },
      { messageRequest: { case: 'fileContainingSymbol', value: 'app.Things' } },
      { messageRequest: { case: undefined } },
    ] as const;
    const answers = [];
    for await (const answer of client.serverReflectionInfo(questions)) answers.push(answer);
    const counts = answers.map(({ messageResponse: { case: name, value } }) =>
      name === 'fileDescriptorResponse' ? value.fileDescriptorProto.length : value,
    );
    expect(counts).toMatchObject([3, 1, { errorCode: GrpcStatus.INVALID_ARGUMENT }]);
    expect(answers[0]?.validHost).toBe('a.test');
    expect(answers[0]?.originalRequest?.messageRequest).toEqual(questions[0].messageRequest);
  });

  it('leaves out what would make an answer too long, and gives it when it is asked for', async () => {
    const filler = 'x'.repeat(600_000);
    const files = ['a.proto', 'b.proto', 'c.proto'].map((name, index, names) => ({
      name,
      syntax: 'proto3',
      dependency: names.slice(index + 1),
      messageType: [{ name: `${name.charAt(0).toUpperCase()}`, reservedName: [`${filler}${index}`] }],
    }));
    const registry = createFileRegistry(
      create(FileDescriptorSetSchema, {
        file: files.toReversed().map((file) => create(FileDescriptorProtoSchema, file)),
      }),
    );
    const service = grpcService(grpcReflection([], { files: [...registry.files] }));
    const client = grpcClient(service, reflectionSchema('v1'));
    const asked = client.serverReflectionInfo([{ messageRequest: { case: 'fileByFilename', value: 'a.proto' } }]);
    const { value } = (await asked.next()).value?.messageResponse ?? {};
    expect(value).toMatchObject({ fileDescriptorProto: { length: 1 } });
    await asked.return();
    const found = await grpcReflectionClient(service).filesOf('a.proto');
    expect([...found.files].map(({ proto }) => proto.name)).toEqual(['c.proto', 'b.proto', 'a.proto']);
  });
});

describe('grpcReflectionClient', () => {
  it('speaks v1alpha with servers that know only that, and tries v1 again where there was nothing', async () => {
    const [, old] = grpcReflection([echo]);
    const implementations: GrpcImplementation[] = [];
    const service: Service<HttpRequest, HttpResponse> = {
      serve: (request) => grpcService(implementations).serve(request),
    };
    const reflection = grpcReflectionClient(service);
    await expect(reflection.listServices()).rejects.toMatchObject({ statusName: 'UNIMPLEMENTED' });
    if (old !== undefined) implementations.push(old);
    expect(await reflection.listServices()).toContain('test.v1.Echo');
    expect((await reflection.service('test.v1.Echo')).methods).toHaveLength(4);
  });

  it('takes what a server leaves out of google/protobuf from this package', async () => {
    const reflection = answering((value) => (value === 'test.v1.Echo' ? [EchoService.file.proto] : undefined));
    const { methods } = await reflection.service('test.v1.Echo');
    expect(methods[0]?.input.fields[0]?.jsonName).toBe('value');
  });

  it('names fields for JSON where the server did not', async () => {
    const type = FieldDescriptorProto_Type.STRING;
    const field = ['inner_name', 'a_1', 'b__c_'].map((name, index) => ({ name, number: index + 1, type }));
    const reflection = answering(() => [{ name: 'a.proto', syntax: 'proto3', messageType: [{ name: 'A', field }] }]);
    const message = (await reflection.filesOf('a.proto')).getMessage('A');
    expect(message?.fields.map(({ jsonName }) => jsonName)).toEqual(['innerName', 'a1', 'bC']);
  });

  it.each<[string, (value: string) => readonly object[] | undefined, string]>([
    ['files that import each other', (value) => [file(value, 'b'), file('b', value)], 'INTERNAL'],
    ['a file that imports itself', (value) => [file(value, value)], 'INTERNAL'],
    ['another file than that it was asked for', (value) => [file(value === 'a' ? 'a' : 'c', 'b')], 'INTERNAL'],
    ['files that import others without end', (value) => [file(value, `${value}a`)], 'RESOURCE_EXHAUSTED'],
    ['more bytes than may be', () => [{ name: 'x'.repeat(2_000) }], 'RESOURCE_EXHAUSTED'],
    [
      'a message of no type',
      () => [{ name: 'a', messageType: [{ name: 'A', field: [{ name: 'f', type: 11 }] }] }],
      'INTERNAL',
    ],
    ['nothing that is known', () => undefined, 'NOT_FOUND'],
  ])('refuses %s', async (_, answer, statusName) => {
    const reflection = answering(answer, { maxFiles: 50, maxDescriptorBytes: 2_000 });
    await expect(reflection.filesOf('a')).rejects.toMatchObject({ code: 'LML_ERR_GRPC_STATUS', statusName });
  });

  it.each([
    [100_000, 20_000],
    [1_900, 40_000],
  ])('refuses few bytes that stand for gigabytes of names: %i characters each', async (length, count) => {
    const messageType = Array.from({ length: count }, (_, index) => ({ name: index.toString(36) }));
    const bomb = { name: 'a.proto', package: 'p'.repeat(length), syntax: 'proto3', messageType };
    const failure = expect(answering(() => [bomb]).filesOf('a.proto')).rejects;
    await failure.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
  });

  it('refuses bytes that are no file, and answers to other questions', async () => {
    const garbage = serving(() => ({
      case: 'fileDescriptorResponse',
      value: { fileDescriptorProto: [new Uint8Array([7])] },
    }));
    await expect(garbage.filesOf('a')).rejects.toMatchObject({ statusName: 'INTERNAL' });
    const other = serving(() => ({ case: 'listServicesResponse', value: {} }));
    await expect(other.filesOf('a')).rejects.toMatchObject({ statusName: 'INTERNAL' });
    const silent = serving(() => ({ case: undefined }));
    await expect(silent.listServices()).rejects.toMatchObject({ statusName: 'INTERNAL' });
    const odd = serving(() => ({ case: 'errorResponse', value: { errorCode: -5, errorMessage: 'odd' } }));
    await expect(odd.listServices()).rejects.toMatchObject({ statusName: 'UNKNOWN', statusMessage: 'odd' });
  });

  it('ends where the stream does', async () => {
    const reflection = serving(() => {
      throw new GrpcStatusError(GrpcStatus.PERMISSION_DENIED);
    });
    await expect(reflection.listServices()).rejects.toMatchObject({ statusName: 'PERMISSION_DENIED' });
  });

  it.each<GrpcReflectionClientOptions>([{ maxFiles: 0 }, { maxDescriptorBytes: 0 }, { url: 'x' }])(
    'refuses %j',
    (options) => {
      expect(() => grpcReflectionClient(grpcService([]), options)).toThrow(UsageError);
    },
  );

  it('learns of health', async () => {
    const health = grpcHealth().implementation;
    const reflection = grpcReflectionClient(grpcService(grpcReflection([health])));
    const told = await reflection.service('grpc.health.v1.Health');
    expect(told.file.proto).toEqual(HealthService.file.proto);
  });
});

const file = (name: string, ...dependency: string[]) => ({ name, dependency });

/** A server with a file of messages, extensions and an enum, and one that imports it. */
function setup() {
  const { OPTIONAL: label } = FieldDescriptorProto_Label;
  const type = FieldDescriptorProto_Type.STRING;
  const extension = (name: string, number: number) => ({
    name,
    number,
    label,
    type,
    extendee: '.google.protobuf.MessageOptions',
  });
  const lib = create(FileDescriptorProtoSchema, {
    name: 'lib/base.proto',
    package: 'lib',
    syntax: 'proto3',
    dependency: ['google/protobuf/descriptor.proto'],
    messageType: [
      {
        name: 'Thing',
        field: [{ name: 'inner_name', number: 1, label, type, jsonName: 'innerName' }],
        nestedType: [{ name: 'Part', extension: [extension('deep', 50_002)] }],
      },
    ],
    enumType: [{ name: 'Colour', value: [{ name: 'RED', number: 0 }] }],
    extension: [extension('mark', 50_001)],
  });
  const app = create(FileDescriptorProtoSchema, {
    name: 'app/things.proto',
    package: 'app',
    syntax: 'proto3',
    dependency: ['lib/base.proto'],
    service: [{ name: 'Things', method: [{ name: 'Get', inputType: '.lib.Thing', outputType: '.lib.Thing' }] }],
  });
  const descriptors = [file_google_protobuf_descriptor.proto, lib, app];
  const things = createFileRegistry(create(FileDescriptorSetSchema, { file: descriptors })).getService('app.Things');
  if (things === undefined) throw new Error('there is no such service');
  const implementation = implementService(things, { get: (message: object) => message } as never);
  const service = grpcService([...grpcReflection([implementation])]);
  return { service, reflection: grpcReflectionClient(service) };
}

type Answers = Parameters<typeof serving>[0];

/** A client of a server that answers questions for files with these. */
function answering(files: (value: string) => readonly object[] | undefined, options: GrpcReflectionClientOptions = {}) {
  const answers = (value: unknown): ReturnType<Answers> => {
    const found = files(String(value));
    if (found === undefined) return { case: 'errorResponse', value: { errorCode: 5, errorMessage: 'none' } };
    const fileDescriptorProto = found.map((each) =>
      toBinary(FileDescriptorProtoSchema, create(FileDescriptorProtoSchema, each)),
    );
    return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
  };
  return serving(answers, options);
}

function serving(answer: (value: unknown) => object, options: GrpcReflectionClientOptions = {}) {
  const implementation = implementService(reflectionSchema('v1'), {
    async *serverReflectionInfo(questions) {
      for await (const { messageRequest } of questions) {
        yield { messageResponse: answer(messageRequest.value) as never };
      }
    },
  });
  return grpcReflectionClient(grpcService([implementation]), options);
}
