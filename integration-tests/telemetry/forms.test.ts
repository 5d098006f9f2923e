import { createRequire } from 'node:module';
import { join } from 'node:path';
import { httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { OtlpCollection, otlpReceiver } from '@lamella/otel/receiver';
import { stack } from '@lamella/service-core';
import { expect, it, onTestFinished } from 'vitest';
import { run } from '../support/run.ts';
import { temporaryFile, temporaryFolder } from '../support/temporary-folder.ts';

// A program that makes its server first and starts telemetry then, in each of the forms that programs come in. Nothing is preloaded.
const CONSUMERS = join(import.meta.dirname, 'consumers');
const SOURCES = '--conditions=@lamella/source';

/** The part of esbuild that is used here; it comes with the tool that builds the packages. */
interface Esbuild {
  build(options: Readonly<Record<string, unknown>>): Promise<unknown>;
}

it.each(['esm.mjs', 'cjs.cjs'])('a consumer in the form of %s exports spans and metrics', async (file) => {
  await expectExports([SOURCES, join(CONSUMERS, file)]);
});

it.each(['esm', 'cjs'] as const)(
  'a bundle in the format %s, away from all packages, exports spans and metrics',
  async (format) => {
    const outfile = join(temporaryFolder(), format === 'esm' ? 'bundle.mjs' : 'bundle.cjs');
    // The SDK holds CommonJS, and looks for its own place: each format has one of the two only. These are the remedies that esbuild's users know.
    const remedy =
      format === 'esm'
        ? {
            banner: {
              js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
            },
          }
        : {
            banner: { js: "const __place = require('node:url').pathToFileURL(__filename).href;" },
            define: { 'import.meta.url': '__place' },
          };
    await esbuild().build({
      entryPoints: [join(CONSUMERS, 'esm.mjs')],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format,
      conditions: ['@lamella/source'],
      ...remedy,
      logLevel: 'silent',
    });
    await expectExports([outfile]);
  },
);

it('says what to install where the SDK is not', async () => {
  const missing =
    'data:text/javascript,export function resolve(s, c, next) { if (s.includes("/sdk-node")) { throw Object.assign(new Error("Cannot find package " + s), { code: "ERR_MODULE_NOT_FOUND" }); } return next(s, c); }';
  const hooks = temporaryFile(
    'hooks.mjs',
    `import { register } from 'node:module'; register(${JSON.stringify(missing)});`,
  );
  const { code, stderr } = await run(process.execPath, [SOURCES, '--import', hooks, join(CONSUMERS, 'esm.mjs')]);
  expect(code).toBe(1);
  expect(stderr).toContain('UsageError: @opentelemetry/sdk-node is not installed');
});

/** Runs a consumer to its end, and looks at what came to the collector. */
async function expectExports(args: readonly string[]): Promise<void> {
  const received = new OtlpCollection();
  const listener = await listenTcp({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => listener.close());
  void serveListener(listener, stack(httpServerLayer(), otlpReceiver(received.sink)));
  const { address } = listener;
  const port = address.type === 'tcp' ? address.port : 0;
  const finished = await run(process.execPath, args, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, NODE_PATH: '' },
  });
  expect(finished).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' });
  expect(received.spans.map(({ item }) => [item.kind, item.name]).sort()).toEqual([
    [2, 'GET /hello'],
    [3, 'GET'],
  ]);
  const [one, other] = received.spans;
  expect(one?.item.traceId).toBe(other?.item.traceId);
  const names = received.metrics.map(({ item }) => item.name);
  expect(names).toEqual(expect.arrayContaining(['http.server.request.duration', 'http.client.request.duration']));
}

function esbuild(): Esbuild {
  const require = createRequire(import.meta.url);
  // What esbuild exports has this function.
  return createRequire(require.resolve('tsup'))('esbuild') as Esbuild;
}
