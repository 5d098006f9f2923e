import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, toolPath } from './workspace.ts';

/** A source file that breaks one rule, by its path and its text. */
type Fault = readonly [rule: string, path: string, text: string];

const FAULTS: readonly Fault[] = [
  ['direction/service-core', 'packages/service-core/src/up.ts', `import '@lamella/net-core';`],
  ['direction/layers', 'packages/layers/src/aside.ts', `import '@lamella/net-core';`],
  ['direction/net-core', 'packages/net-core/src/aside.ts', `import '@lamella/layers';`],
  ['direction/net-tcp', 'packages/net-tcp/src/aside.ts', `import '@lamella/http';`],
  ['direction/http', 'packages/http/src/up.ts', `import '@lamella/proxy';`],
  [
    'direction/http',
    'packages/http/src/up-type.ts',
    `import type { Value } from '@lamella/proxy';\nexport type Other = Value;`,
  ],
  ['direction/proxy', 'packages/proxy/src/aside.ts', `import '@lamella/net-tcp';`],
  ['direction/limits-redis', 'packages/limits-redis/src/aside.ts', `import '@lamella/net-core';`],
  ['direction/http-cache', 'packages/http-cache/src/aside.ts', `import '@lamella/http-cookies';`],
  ['direction/http-cookies', 'packages/http-cookies/src/aside.ts', `import '@lamella/http-cache';`],
  ['direction/web', 'packages/web/src/aside.ts', `import '@lamella/ws';`],
  ['direction/ws', 'packages/ws/src/aside.ts', `import '@lamella/web';`],
  ['direction/tls', 'packages/tls/src/aside.ts', `import '@lamella/http';`],
  ['direction/http2', 'packages/http2/src/aside.ts', `import '@lamella/ws';`],
  ['direction/acme', 'packages/acme/src/aside.ts', `import '@lamella/http2';`],
  ['direction/grpc', 'packages/grpc/src/aside.ts', `import '@lamella/http2';`],
  ['direction/otel', 'packages/otel/src/up.ts', `import '@lamella/proxy';`],
  ['direction/listed', 'packages/stranger/src/index.ts', `import '@lamella/service-core';`],
  ['direction/assemblies', 'packages/proxy/src/up.ts', `import '../../cli/src/index.ts';`],
  ['direction/cli', 'packages/cli/src/unlisted.ts', `import '../../stranger/src/index.ts';`],
  ['declared-only', 'packages/layers/src/undeclared.ts', `import '@lamella/undeclared';`],
  ['declared-for-users', 'packages/http/src/tool.ts', `import 'root-tool';`],
  ['no-cycle', 'packages/http/src/cycle-a.ts', `import './cycle-b.ts';`],
  ['public-entry-only', 'packages/proxy/src/deep.ts', `import '../../http/src/private.ts';`],
  ['public-entry-only', 'packages/proxy/src/deep.test.ts', `import '../../http/src/private.ts';`],
  ['public-entry-only', 'integration-tests/deep.test.ts', `import '../packages/http/src/private.ts';`],
  ['no-testing-in-production', 'packages/http/src/test-in-production.ts', `import '@lamella/net-core/testing';`],
  ['no-testing-in-production', 'packages/net-core/src/own-test.ts', `import './testing.ts';`],
  ['pure/no-runtime', 'packages/http/src/codec/reads-files.ts', `import 'node:fs';`],
  ['pure/no-runtime', 'packages/http/src/protocol/hashes.ts', `import 'node:crypto';`],
  ['pure/no-driver', 'packages/http/src/protocol/drives.ts', `import '../connection/driver.ts';`],
  ['kernel/no-runtime', 'packages/service-core/src/runtime.ts', `import 'node:events';`],
  ['kernel/no-runtime', 'packages/layers/src/runtime.ts', `import 'node:async_hooks';`],
  ['builtin/net-tcp', 'packages/net-core/src/socket.ts', `import 'node:net';`],
  ['builtin/net-tcp', 'packages/http/src/resolver.ts', `import 'node:dns/promises';`],
  ['builtin/tls', 'packages/net-tcp/src/secure.ts', `import 'node:tls';`],
  ['builtin/http', 'packages/http/src/foreign.ts', `import 'node:http';`],
];

/** What the table allows, one of each kind. */
const INNOCENT: readonly (readonly [path: string, text: string])[] = [
  ['packages/net-tcp/src/socket.ts', `import 'node:net';\nimport '@lamella/net-core';`],
  ['packages/net-core/src/ledger.ts', `import 'node:fs';\nimport '@lamella/service-core';`],
  ['packages/http/src/client.ts', `import '@lamella/layers';\nimport './private.ts';`],
  ['packages/http/src/client.test.ts', `import 'node:net';\nimport 'root-tool';\nimport '@lamella/net-core/testing';`],
  ['integration-tests/peer.test.ts', `import '@lamella/http';\nimport 'node:http';`],
  ['apps/gateway/src/main.ts', `import '@lamella/http';`],
];

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'packages/service-core': ['net-core'],
  'packages/layers': ['service-core', 'net-core'],
  'packages/net-core': ['service-core', 'layers'],
  'packages/net-tcp': ['service-core', 'net-core', 'http'],
  'packages/http': ['service-core', 'layers', 'net-core', 'proxy'],
  'packages/limits-redis': ['net-core'],
  'packages/http-cache': ['http-cookies'],
  'packages/http-cookies': ['http-cache'],
  'packages/web': ['ws'],
  'packages/ws': ['web'],
  'packages/tls': ['http'],
  'packages/http2': ['ws'],
  'packages/acme': ['http2'],
  'packages/grpc': ['http2'],
  'packages/otel': ['proxy'],
  'packages/proxy': ['http', 'net-tcp'],
  'packages/cli': [],
  'packages/stranger': ['service-core'],
  'apps/gateway': ['http'],
  'integration-tests': ['http'],
};

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

describe('.dependency-cruiser.mjs', () => {
  let scratch = '';
  let violations: readonly Violation[] = [];

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'lamella-direction-'));
    violations = cruise(plant(scratch));
  }, 60_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each(FAULTS)('%s fires on %s', (rule, path) => {
    expect(rulesAt(path)).toContain(rule);
  });

  it.each(INNOCENT)('lets %s be', (path) => {
    expect(rulesAt(path)).toEqual([]);
  });

  it('has no rule that no fault was planted for', async () => {
    const config: { default: { forbidden: { name: string }[] } } = await import(join(root, '.dependency-cruiser.mjs'));
    const tried = new Set(FAULTS.map(([rule]) => rule));
    expect(config.default.forbidden.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });

  function rulesAt(path: string): string[] {
    return violations.filter(({ from }) => from === path).map(({ rule }) => rule.name);
  }
});

/** Builds a small workspace like ours, with every fault in it. */
function plant(scratch: string): string {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(scratch, path)), { recursive: true });
    writeFileSync(join(scratch, path), text);
  };
  for (const file of ['.dependency-cruiser.mjs', 'tsconfig.base.json'])
    copyFileSync(join(root, file), join(scratch, file));
  write('package.json', JSON.stringify({ private: true, devDependencies: { 'root-tool': '1.0.0' } }));
  write(
    'node_modules/root-tool/package.json',
    JSON.stringify({ name: 'root-tool', version: '1.0.0', main: 'main.js' }),
  );
  write('node_modules/root-tool/main.js', '');

  for (const [path, targets] of Object.entries(PACKAGES)) {
    const name = `@lamella/${path.split('/').at(-1)}`;
    const entry = (file: string) => ({ '@lamella/source': `./src/${file}.ts`, default: `./dist/${file}.js` });
    const dependencies = Object.fromEntries(targets.map((target) => [`@lamella/${target}`, 'workspace:^']));
    write(
      `${path}/package.json`,
      JSON.stringify({ name, exports: { '.': entry('index'), './testing': entry('testing') }, dependencies }),
    );
    for (const file of ['index', 'testing', 'private', 'connection/driver'])
      write(`${path}/src/${file}.ts`, 'export type Value = 1;');
    for (const target of targets) {
      const link = join(scratch, path, 'node_modules/@lamella', target);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(scratch, 'packages', target), link);
    }
  }
  for (const [, path, text] of FAULTS) write(path, `${text}\n`);
  for (const [path, text] of INNOCENT) write(path, `${text}\n`);
  write('packages/http/src/cycle-b.ts', `import './cycle-a.ts';\n`);
  return scratch;
}

function cruise(directory: string): readonly Violation[] {
  const args = [
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    'packages',
    'apps',
    'integration-tests',
  ];
  const { stdout, stderr } = spawnSync(toolPath('depcruise'), args, {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser said: ${stderr}${stdout}`);
  // The shape is the documented result of dependency-cruiser.
  return (JSON.parse(stdout) as { summary: { violations: readonly Violation[] } }).summary.violations;
}
