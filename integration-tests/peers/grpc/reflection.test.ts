import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceClientConstructor, ServiceError } from '@grpc/grpc-js';
import { credentials, loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { grpcClient, grpcReflection, grpcReflectionClient, grpcService, implementService } from '@lamella/grpc';
import { http2ServerLayer } from '@lamella/http2';
import { createLifecycle } from '@lamella/service-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OutOfBandReports } from '../../interop-grpc/load-reports.ts';
import { OpenRcaService } from '../../interop-grpc/orca-pb.ts';
import { lamella } from '../../support/lamella-process.ts';
import { useLedger } from '../../support/ledger.ts';
import { serveConnections } from '../../support/serve-connections.ts';
import { openHttp } from './bytes-server.ts';

const TESTING = fileURLToPath(new URL('../../interop-grpc/testing.proto', import.meta.url));
const SERVICE = 'grpc.testing.TestService';
const OURS = OpenRcaService.typeName;

describe('a client of reflection of ours and a server of @grpc/reflection', () => {
  useLedger();

  it('agree on names, descriptors and errors, and a call is made by what was told', async () => {
    const url = `http://${await serveTheirs()}`;
    const http = openHttp();
    const reflection = grpcReflectionClient(http, { url });
    expect(await reflection.listServices()).toContain(SERVICE);
    const descriptor = await reflection.service(SERVICE);
    expect(descriptor.methods.map(({ name, methodKind }) => [name, methodKind])).toContainEqual([
      'FullDuplexCall',
      'bidi_streaming',
    ]);
    const files = await reflection.filesOfSymbol('grpc.testing.SimpleRequest');
    expect(files.getMessage('grpc.testing.SimpleRequest')?.fields.map(({ name }) => name)).toContain('responseSize');
    await expect(reflection.service('no.such.Service')).rejects.toMatchObject({ statusName: 'NOT_FOUND' });

    const client = grpcClient(http, descriptor, { url });
    expect(await client['unaryCall']?.({ responseSize: 3 } as never)).toMatchObject({
      payload: { body: new Uint8Array(3) },
    });
  });

  it('so that the command line needs no files', async () => {
    const address = await serveTheirs();
    expect(await lamella(['grpc', 'list', address, SERVICE])).toMatchObject({
      stderr: '',
      stdout: expect.stringContaining(`${SERVICE}/UnaryCall\n`),
    });
    const data = ['-d', '{"responseSize":3}'];
    const { stdout } = await lamella(['grpc', 'call', ...data, address, `${SERVICE}/UnaryCall`]);
    expect(JSON.parse(stdout)).toEqual({ payload: { body: 'AAAA' } });
  });
});

describe('a client of grpc-js and reflection of ours', () => {
  useLedger();

  it.each(['v1', 'v1alpha'])('agree on names, descriptors and errors in %s', async (version) => {
    const ask = theirClient(await serveOurs(), version);
    expect(await ask({ list_services: '' })).toMatchObject({
      list_services_response: { service: expect.arrayContaining([{ name: OURS }]) },
    });
    const { file_descriptor_response: found } = await ask({ file_containing_symbol: OURS });
    const [bytes = Buffer.alloc(0)] = found?.file_descriptor_proto ?? [];
    const { name, package: packageName } = fromBinary(FileDescriptorProtoSchema, bytes);
    expect([name, packageName]).toEqual(['orca.proto', 'xds.service.orca.v3']);
    expect(await ask({ file_containing_symbol: 'no.such.Service' })).toMatchObject({
      error_response: { error_code: 5 },
    });
  });
});

async function serveTheirs(): Promise<string> {
  const definition = loadSync(TESTING);
  const server = new Server();
  new ReflectionService(definition).addToServer(server);
  const unaryCall = (call: { request: { responseSize: number } }, done: (error: null, reply: unknown) => void): void =>
    done(null, { payload: { body: Buffer.alloc(call.request.responseSize) } });
  server.addService(serviceIn(definition, SERVICE).service, { UnaryCall: unaryCall });
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, found: number): void => (error === null ? resolve(found) : reject(error));
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound);
  });
  onTestFinished(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

async function serveOurs(): Promise<string> {
  const implementation = implementService(OpenRcaService, new OutOfBandReports().handlers);
  const lifecycle = createLifecycle();
  const service = grpcService([implementation, ...grpcReflection([implementation])]);
  const { authority } = await serveConnections(http2ServerLayer({ lifecycle })(service), lifecycle);
  return authority;
}

interface ReflectionAnswer {
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
}

/** One question at a time, by the protocol as grpc-js reads it of its own files. */
function theirClient(address: string, version: string): (question: object) => Promise<ReflectionAnswer> {
  const folder = dirname(createRequire(import.meta.url).resolve('@grpc/reflection/build/src/index.js'));
  const file = `${folder}/../proto/grpc/reflection/${version}/reflection.proto`;
  const definition = loadSync(file, { keepCase: true, oneofs: true });
  const Client = serviceIn(definition, `grpc.reflection.${version}.ServerReflection`);
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  return (question) =>
    new Promise((resolve, reject) => {
      // The methods of such a client are known at run time only.
      const call = (client as unknown as { ServerReflectionInfo(): AnyStream }).ServerReflectionInfo();
      call.on('data', resolve);
      call.on('error', reject);
      call.write(question);
      call.end();
    });
}

interface AnyStream {
  on(event: 'data', listener: (answer: ReflectionAnswer) => void): unknown;
  on(event: 'error', listener: (error: ServiceError) => void): unknown;
  write(question: object): void;
  end(): void;
}

function serviceIn(definition: Parameters<typeof loadPackageDefinition>[0], name: string): ServiceClientConstructor {
  let found: unknown = loadPackageDefinition(definition);
  for (const part of name.split('.')) found = (found as Readonly<Record<string, unknown>>)[part];
  return found as ServiceClientConstructor; // what stands under the name of a service
}
