import type { ChildProcess, SpawnSyncReturns } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { packAll } from './pack.ts';
import { moduleEntries, pnpmCommand, publishedPackages, root, toolPath } from './workspace.ts';

const NODE = { 22: 'node_modules/node22/bin/node', 26: 'node_modules/node/bin/node' } as const;
const ENTRIES = publishedPackages().flatMap((pack) => moduleEntries(pack).map(({ specifier }) => specifier));
const NAMES = publishedPackages().map(({ manifest }) => manifest.name);

/** A project of a stranger, which has nothing of ours but the tarballs. */
let project = '';

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'lamella-installed-'));
  succeed(spawnSync(...pnpm('build'), { cwd: root, encoding: 'utf8' }));
  const tarballs = packAll(root, join(project, 'tarballs'));
  const files = Object.fromEntries(tarballs.map(({ name, path }) => [name, `file:${path}`]));
  write(
    'package.json',
    JSON.stringify({ private: true, type: 'module', dependencies: files, pnpm: { overrides: files } }),
  );
  succeed(spawnSync(...pnpm('install', '--prefer-offline', '--ignore-scripts'), { cwd: project, encoding: 'utf8' }));
  write('request.js', REQUEST);
  write('require.cjs', REQUIRE);
}, 300_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe.each([22, 26] as const)('the tarballs on Node.js %i', (version) => {
  const node = join(root, NODE[version]);

  it('are run by that version', () => {
    expect(run(node, '--version').stdout).toMatch(new RegExp(`^v${version}\\.`));
  });

  it.each(ENTRIES)('hold the entry %s', (specifier) => {
    const { stdout } = run(
      node,
      '--input-type=module',
      '-e',
      `console.log(Object.keys(await import('${specifier}')).length)`,
    );
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  it('can be required by CommonJS', () => {
    expect(run(node, 'require.cjs', ...ENTRIES).stdout).toBe(`${ENTRIES.length} entries\n`);
  });

  it('answer a request in memory', () => {
    expect(run(node, 'request.js').stdout).toBe('200 POST /greet said hello\n');
  });

  it('bring the lamella command, which tells its version', () => {
    const cli = publishedPackages().find(({ manifest }) => manifest.name === '@lamella/cli');
    expect(run(node, ...LAMELLA, '--version').stdout).toBe(`${cli?.manifest.version}\n`);
  });

  it('bring a command that serves and sends', async () => {
    const server = start(node, ...LAMELLA, 'serve', 'echo', '--bind', '127.0.0.1:0');
    const url = await listeningUrl(server);
    const { stdout } = run(node, ...LAMELLA, 'send', '-d', 'hello', `${url}/some/where`);
    expect(JSON.parse(stdout)).toMatchObject({ method: 'POST', target: '/some/where' });

    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });
});

it('the tarballs hold no sources of others and no way back into this repository', () => {
  const found = run(toolPath('node'), '-e', WHERE, ...NAMES)
    .stdout.trim()
    .split('\n');
  expect(found).toHaveLength(NAMES.length);
  for (const path of found) expect(path).toContain('node_modules/.pnpm/');
});

it('the types of the tarballs satisfy a compiler that skips nothing', () => {
  const imports = ENTRIES.map(
    (specifier, index) => `import * as entry${index} from '${specifier}';\nvoid entry${index};`,
  );
  write('consumer.ts', `${imports.join('\n')}\n${TYPED}`);
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
  symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  write('tsconfig.json', JSON.stringify({ compilerOptions: CONSUMER, files: ['consumer.ts'] }));
  expect(spawnSync(toolPath('tsc'), ['-p', '.'], { cwd: project, encoding: 'utf8' })).toMatchObject({
    stdout: '',
    status: 0,
  });
});

/** As npm links it: the `bin` of the installed package. */
const LAMELLA = ['node_modules/@lamella/cli/dist/main.js'];

const REQUEST = `
import { createHttpClient, http1, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { timeoutLayer } from '@lamella/layers';
import { memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';

const network = memoryNetwork();
const listener = await network.listen(parseAddress('192.0.2.1:80'));
const served = serveListener(listener, stack(
  httpServerLayer(),
  timeoutLayer({ timeoutMs: 5_000 }),
  serviceFn(async (request) => HttpResponse.text(\`\${request.method} \${request.path} said \${await request.body.text()}\`)),
));
const client = createHttpClient({ connector: network.connector(), protocols: [http1()] });
const response = await client.serve(HttpRequest.from({ method: 'POST', target: 'http://192.0.2.1/greet', body: 'hello' }));
console.log(response.status, await response.body.text());
await client.close();
await listener.close();
await served;
`;

const REQUIRE = `
const names = process.argv.slice(2);
for (const name of names) if (Object.keys(require(name)).length === 0) throw new Error(name + ' is empty');
console.log(names.length + ' entries');
`;

const WHERE = `
for (const name of process.argv.slice(1)) console.log(require('node:fs').realpathSync('node_modules/' + name));
`;

const TYPED = `
import { HttpResponse, httpServerLayer } from '@lamella/http';
import { timeoutLayer } from '@lamella/layers';
import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';

const server: Service<Connection, void> = stack(
  httpServerLayer(),
  timeoutLayer({ timeoutMs: 5_000 }),
  serviceFn(() => HttpResponse.text('typed')),
);
// @ts-expect-error: milliseconds are a number
timeoutLayer({ timeoutMs: '5s' });
void server;
`;

const CONSUMER = {
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
};

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

function pnpm(...args: readonly string[]): [string, string[]] {
  const [command, ...first] = pnpmCommand();
  return [command, [...first, ...args]];
}

/** Runs a program in the project of the stranger. @throws if it fails or takes long. */
function run(command: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return succeed(spawnSync(command, args, { cwd: project, encoding: 'utf8', timeout: 110_000 }));
}

function succeed(result: SpawnSyncReturns<string>): SpawnSyncReturns<string> {
  if (result.status === 0) return result;
  throw result.error ?? new Error(`exit ${result.status ?? result.signal}: ${result.stdout}${result.stderr}`);
}

function start(command: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function listeningUrl(server: ChildProcess): Promise<string> {
  let printed = '';
  for await (const text of server.stdout?.setEncoding('utf8') ?? []) {
    printed += text;
    const [, url] = /listening on (http:\/\/\S+?)\/?\s/.exec(printed) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`the server ended, having said: ${printed}`);
}
