import type { OtlpSpan } from '@lamella/otel/receiver';
import { OtlpCollection, otlpAttributes, otlpReceiver } from '@lamella/otel/receiver';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { commandLine, lamella, lamellaServe } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { startProcess } from '../../support/start-process.ts';

describe('lamella serve --otlp', () => {
  it('joins the spans of a client, a reverse proxy and what is behind, WebSockets too', async () => {
    const collector = await collecting();
    const behind = await lamellaServe('http-test', '--quiet', ...collector.options);
    const proxy = await lamellaServe('reverse', '--quiet', '--to', behind.url, ...collector.options);
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await curl('-H', `traceparent: 00-${trace}-b7ad6b7169203331-01`, `${proxy.url}/get`);
    await lamella(['send', '-d', 'hi', `${proxy.url.replace('http', 'ws')}/ws`]);
    for (const { signal, ended } of [proxy, behind]) {
      signal('SIGTERM');
      expect(await ended).toBe(0);
    }
    const [first, second, third] = collector.chain(trace, 'b7ad6b7169203331');
    expect(first).toMatchObject({ service: 'lamella reverse proxy', span: { name: 'GET', kind: 2 } });
    expect(second).toMatchObject({ service: 'lamella reverse proxy', span: { name: 'GET', kind: 3 } });
    expect(third).toMatchObject({ service: 'lamella http-test', span: { name: 'GET /get', kind: 2 } });
    expect(collector.names()).toEqual(expect.arrayContaining(['GET /ws', 'websocket', 'connect', 'connection']));
    expect(collector.metrics()).toContain('http.server.request.duration');
  });

  it('records tunnels of a forward proxy, and calls of gRPC', async () => {
    const collector = await collecting();
    const echo = await lamellaServe('grpc-echo', '--quiet', ...collector.options);
    const proxy = await lamellaServe('proxy', '--quiet', '--connect-ports', 'any', ...collector.options);
    await curl('-p', '-x', proxy.url, `${echo.url}/`);
    await lamella(['grpc', 'call', echo.url, 'lamella.echo.v1.Echo/Say']);
    for (const { signal, ended } of [proxy, echo]) {
      signal('SIGTERM');
      expect(await ended).toBe(0);
    }
    const names = collector.names();
    expect(names).toEqual(expect.arrayContaining(['CONNECT', 'tunnel', 'connect', 'lamella.echo.v1.Echo/Say']));
  });

  it.each([
    ['echo', ['echo'], 'GET'],
    ['static', ['static', '.'], 'GET'],
    ['stunnel entry', ['stunnel', 'entry', '--forward', '127.0.0.1:9'], 'connection'],
  ])('records what %s serves', async (_, words, name) => {
    const collector = await collecting();
    const [command = '', ...flags] = commandLine();
    const where = ['serve', ...words, '--quiet', '--bind', '127.0.0.1:0', ...collector.options];
    const server = startProcess(command, [...flags, ...where]);
    const [, address = ''] = await server.printed(/listening on (?:http:\/\/)?(\S+)/);
    await curl(`http://${address}/`);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(collector.names()).toContain(name);
  });

  it('serves as ever while the collector is down, and says so in one line', async () => {
    const [command = '', ...flags] = commandLine();
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const where = ['serve', 'echo', '--quiet', '--bind', '127.0.0.1:0'];
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: nobody, OTEL_BSP_SCHEDULE_DELAY: '50' };
    const server = startProcess(command, [...flags, ...where], { env });
    const [, url = ''] = await server.printed(/listening on (\S+)/);
    for (let count = 0; count < 3; count++) expect((await curl(url)).stdout).toContain('"method": "GET"');
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    const lines = server
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('telemetry'));
    expect(lines).toEqual([expect.stringContaining('could not be exported')]);
  });

  it('serves as ever while a collector takes what it gets and never answers', async () => {
    const [command = '', ...flags] = commandLine();
    const asked = Promise.withResolvers<void>();
    let answers = 0;
    const collector = await nodeOrigin((_, response) => {
      response.on('finish', () => answers++);
      asked.resolve();
    });
    const env = { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '1000' };
    const where = ['serve', 'echo', '--quiet', '--bind', '127.0.0.1:0', '--otlp', collector.url];
    const server = startProcess(command, [...flags, ...where], { env });
    const [, url = ''] = await server.printed(/listening on (\S+)/);
    await curl(url);
    await asked.promise; // from here on, an export is under way
    for (let count = 0; count < 20; count++) expect((await curl(url)).stdout).toContain('"method": "GET"');
    expect(answers).toBe(0);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('loads nothing of OpenTelemetry without it, and refuses what is no URL', async () => {
    const [command = '', ...flags] = commandLine();
    const started = async (...args: readonly string[]) => {
      const where = ['serve', 'echo', '--quiet', '--bind', '127.0.0.1:0', ...args];
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: '' };
      const server = startProcess(command, ['--import', TELLS_OF_OPENTELEMETRY, ...flags, ...where], { env });
      await server.printed(/listening/);
      return server.stderr();
    };
    expect(await started()).toBe('');
    expect(await started('--otlp', 'http://127.0.0.1:1')).toContain('loads @opentelemetry/sdk-node');
    const wrong = await lamella(['serve', 'echo', '--otlp', 'ftp://collector']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('write http://host:4318')]);
  });
});

/** A module that writes a line for each module of OpenTelemetry that is asked for. */
const TELLS_OF_OPENTELEMETRY = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
registerHooks({
  resolve(name, context, next) {
    if (name.includes('opentelemetry')) process.stderr.write('loads ' + name + '\\n');
    return next(name, context);
  },
});`)}`;

async function collecting() {
  const received = new OtlpCollection();
  const { url } = await serveHttp(otlpReceiver(received.sink));
  return {
    options: ['--otlp', url],
    names: () => received.spans.map(({ item }) => item.name),
    metrics: () => received.metrics.map(({ item }) => item.name),
    /** Spans of a trace from a parent on, each the only child of the one before. */
    chain(traceId: string, parent: string) {
      const all = received.spans.filter(({ item }) => item.traceId === traceId);
      const found: { readonly service: unknown; readonly span: OtlpSpan }[] = [];
      for (let id: string | undefined = parent; id !== undefined; ) {
        const next = all.find(({ item }) => item.parentSpanId === id);
        if (next === undefined) break;
        found.push({ service: otlpAttributes(next.resource?.attributes ?? [])['service.name'], span: next.item });
        id = next.item.spanId;
      }
      return found;
    },
  };
}
