import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { createExtensions, serviceFn, stack } from '@lamella/service-core';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { failingProviders } from '../../test/support/failing-providers.ts';
import { Recording } from '../../test/support/recording.ts';
import { DialledConnectionSpan } from '../context/connection-spans.ts';
import { TelemetryContext } from '../context/telemetry-context.ts';
import { httpServerTelemetryLayer } from '../http/http-server-telemetry-layer.ts';
import type { TelemetryOptions } from '../shared/telemetry-options.ts';
import { connectionTelemetryLayer } from './connection-telemetry-layer.ts';
import { connectorTelemetryLayer } from './connector-telemetry-layer.ts';

const recordings: Recording[] = [];
afterEach(async () => {
  for (const recording of recordings.splice(0)) await recording.shutdown();
});

describe('telemetry of connections', () => {
  it('records both ends: what is open, for how long, and its bytes', async () => {
    const { recording, connect, listener } = await setup(async ({ stream }) => {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read())
        await stream.write([chunk, chunk]);
      await stream.closeWrite();
    });
    const connection = await connect();
    await connection.stream.write([Buffer.from('abc')]);
    expect(await readBytes(connection, 6)).toBe('abcabc');
    const role = (name: string) => ({ 'lamella.connection.role': name, 'network.transport': 'tcp' });
    expect(await recording.points('lamella.connection.active')).toEqual(
      expect.arrayContaining([
        { attributes: role('accepted'), value: 1 },
        { attributes: role('dialled'), value: 1 },
      ]),
    );
    recording.clock.advance(2_000);
    await connection.stream.closeWrite();
    expect(await connection.stream.read()).toBeUndefined();
    connection.stream.destroy();
    await connection.stream.closed;
    await expect.poll(() => recording.spans.length).toBe(2);
    await listener.close();

    const [connected, accepted] = recording.spans;
    expect([connected?.name, connected?.kind]).toEqual(['connect', SpanKind.INTERNAL]);
    expect(connected?.attributes).toMatchObject({
      'server.address': '192.0.2.1',
      'server.port': 80,
      ...role('dialled'),
    });
    expect(accepted?.name).toBe('connection');
    expect(accepted?.attributes).toMatchObject({
      ...role('accepted'),
      'lamella.connection.bytes_in': 3,
      'lamella.connection.bytes_out': 6,
      'network.local.address': '192.0.2.1',
      'network.local.port': 80,
    });
    expect((await recording.points('lamella.connection.active')).map(({ value }) => value)).toEqual([0, 0]);
    expect(await recording.points('lamella.connection.duration')).toEqual(
      expect.arrayContaining([
        { attributes: role('accepted'), value: { count: 1, sum: 2 } },
        { attributes: role('dialled'), value: { count: 1, sum: 2 } },
      ]),
    );
    const io = await recording.points('lamella.connection.io');
    expect(io).toContainEqual({ attributes: { ...role('dialled'), 'network.io.direction': 'receive' }, value: 6 });
    expect(io).toContainEqual({ attributes: { ...role('accepted'), 'network.io.direction': 'receive' }, value: 3 });
  });

  it('records a service that fails, and a connect that comes to nothing', async () => {
    const { recording, connect, connector, listener } = await setup(async () => {
      throw new RangeError('inside');
    });
    const connection = await connect();
    await connection.stream.read();
    connection.stream.destroy();
    await connection.stream.closed;
    await expect(connector.serve(connectRequest({ target: parseAddress('192.0.2.9:9') }))).rejects.toThrow();
    await listener.close();
    await expect.poll(() => recording.spans.length).toBe(3);
    const failed = recording.spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
    expect(failed.map(({ name, attributes }) => [name, attributes['error.type']])).toEqual([
      ['connection', 'RangeError'],
      ['connect', expect.stringMatching(/^LML_ERR_/)],
    ]);
    expect((await recording.points('lamella.connection.active')).map(({ value }) => value)).toEqual([0, 0]);
  });

  it('takes a connect that is made for a request as part of its trace, any other for one of its own', async () => {
    const { recording, connector, listener } = await setup(async () => {});
    const parent = recording.tracerProvider.getTracer('test').startSpan('parent');
    const extensions = createExtensions('request');
    extensions.insert(TelemetryContext, trace.setSpan(ROOT_CONTEXT, parent));
    const target = parseAddress('192.0.2.1:80');
    const mine = await connector.serve(connectRequest({ target, extensions }));
    const pooled = await connector.serve(connectRequest({ target }));
    const [first, second] = recording.spans.filter(({ name }) => name === 'connect');
    expect(first?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
    expect(second?.parentSpanContext).toBeUndefined();
    expect(mine.extensions.get(DialledConnectionSpan)).toMatchObject({ spanId: first?.spanContext().spanId });
    mine.stream.destroy();
    pooled.stream.destroy();
    await listener.close();
  });

  it('gives a tunnel a span of its own, linked to the CONNECT that opened it', async () => {
    const { recording } = await setup(async () => {});
    const { tracerProvider, meterProvider } = recording;
    const proxy = stack(
      httpServerTelemetryLayer({ tracerProvider, meterProvider }),
      serviceFn(() => HttpResponse.upgrade({ status: 200 }, serviceFn(echoOnce))),
    );
    const client = httpClientOn(proxy);
    const request = HttpRequest.from({ method: 'CONNECT', target: 'far.test:443' });
    const { upgraded } = await client.serve(request);
    await upgraded?.stream.write([Buffer.from('hello')]);
    expect(String(await upgraded?.stream.read())).toBe('hello');
    upgraded?.stream.destroy();
    await client.close();
    await expect.poll(() => recording.spans.length).toBe(2);
    const [connect, tunnel] = recording.spans;
    expect(connect?.attributes).toMatchObject({ 'http.request.method': 'CONNECT', 'http.response.status_code': 200 });
    expect(tunnel?.name).toBe('tunnel');
    expect(tunnel?.links.map(({ context }) => context.spanId)).toEqual([connect?.spanContext().spanId]);
    expect(tunnel?.attributes).toMatchObject({
      'server.address': 'far.test',
      'server.port': 443,
      'lamella.connection.role': 'tunnel',
      'lamella.connection.bytes_in': 5,
      'lamella.connection.bytes_out': 5,
    });
  });

  it.each(['tracerProvider', 'meterProvider'] as const)('carries bytes though the %s fails', async (which) => {
    const { connect, listener } = await setup(echoOnce, { [which]: failingProviders()[which] });
    const connection = await connect();
    await connection.stream.write([Buffer.from('ping')]);
    expect(await readBytes(connection, 4)).toBe('ping');
    connection.stream.destroy();
    await connection.stream.closed; // with which the connector's metrics are recorded
    await listener.close();
  });

  it('passes connections on as they are without an SDK', async () => {
    const network = memoryNetwork();
    const listener = await network.listen(parseAddress('192.0.2.1:80'));
    const seen: Connection[] = [];
    const server = connectionTelemetryLayer()({ serve: async (connection) => void seen.push(connection) });
    const given: Connection[] = [];
    void serveListener(listener, {
      serve(connection) {
        given.push(connection);
        return server.serve(connection);
      },
    });
    const connector = connectorTelemetryLayer()(network.connector());
    const connection = await connector.serve(connectRequest({ target: parseAddress('192.0.2.1:80') }));
    await connection.stream.read();
    connection.stream.destroy();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(given[0]);
    await listener.close();
  });
});

async function setup(serve: (connection: Connection) => Promise<void>, providers: TelemetryOptions = {}) {
  const recording = new Recording();
  recordings.push(recording);
  const network = memoryNetwork({ clock: recording.clock });
  const listener = await network.listen(parseAddress('192.0.2.1:80'));
  const options = { ...recording.options, ...providers };
  const server = connectionTelemetryLayer(options)(serviceFn(serve));
  void serveListener(listener, server, { onError: () => {} });
  const connector = connectorTelemetryLayer(options)(network.connector());
  const connect = () => connector.serve(connectRequest({ target: parseAddress('192.0.2.1:80') }));
  return { recording, connector, connect, listener };
}

async function echoOnce({ stream }: Connection): Promise<void> {
  const chunk = await stream.read();
  if (chunk !== undefined) await stream.write([chunk]);
}

async function readBytes({ stream }: Connection, count: number): Promise<string> {
  let text = '';
  while (text.length < count) text += String((await stream.read()) ?? '.'.repeat(count));
  return text;
}
