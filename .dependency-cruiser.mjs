// Who may import whom. tools/dependency-direction.test.ts plants a fault for every rule here and sees the rule fire.

const L0 = ['service-core'];
const L1 = [...L0, 'layers', 'net-core'];

/** The packages that each package may import, besides itself. */
const allowed = {
  'service-core': [],
  layers: L0,
  'net-core': L0,
  'net-tcp': [...L0, 'net-core'],
  tls: [...L0, 'net-core'],
  http: L1,
  'limits-redis': [...L0, 'layers'],
  http2: [...L1, 'http'],
  proxy: [...L1, 'http', 'tls'],
  acme: [...L1, 'http', 'tls'],
  'http-cache': [...L1, 'http'],
  'http-cookies': [...L1, 'http'],
  web: [...L1, 'http'],
  ws: [...L1, 'http'],
  grpc: [...L1, 'http'],
  otel: [...L1, 'http', 'grpc', 'ws'],
  cli: [
    ...L1,
    'net-tcp',
    'tls',
    'http',
    'http2',
    'proxy',
    'acme',
    'http-cache',
    'http-cookies',
    'web',
    'ws',
    'grpc',
    'otel',
  ],
};

/** Built-in modules with one home: no other package may import them. */
const builtinHomes = { 'net-tcp': 'net|dgram|dns', tls: 'tls' };

const TEST = '\\.(test|test-d|bench)\\.ts$';
const SOURCE = { path: '^packages/[^/]+/src/', pathNot: TEST };
const PURE = { path: '^packages/[^/]+/src/(codec|protocol)/', pathNot: TEST };
const builtin = (names) => `^(node:)?(${names})(/|$)`;

export default {
  forbidden: [
    ...Object.entries(allowed).map(([name, targets]) => ({
      name: `direction/${name}`,
      comment: 'a package imports only from packages of lower levels',
      severity: 'error',
      from: { path: `^packages/${name}/src/`, pathNot: TEST },
      to: { path: '^packages/', pathNot: `^packages/(${[name, ...targets].join('|')})/` },
    })),
    {
      name: 'direction/listed',
      comment: 'every package stands in the table of this file',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(allowed).join('|')})/` },
      to: {},
    },
    {
      name: 'direction/assemblies',
      comment: 'nothing imports what assembles: commands, apps, integration tests, docs',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+|integration-tests|docs)/' },
      to: { path: '^(packages/cli|apps/[^/]+|integration-tests|docs)/', pathNot: '^$1/' },
    },
    {
      name: 'declared-only',
      comment: 'what a package does not declare does not resolve from it',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-for-users',
      comment: 'what users get imports only what they install with it, never a development dependency',
      severity: 'error',
      from: SOURCE,
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'public-entry-only',
      comment: 'another package is used through its entries',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+|integration-tests|docs|tools)/' },
      to: {
        path: '^packages/[^/]+/',
        pathNot: [
          '^$1/',
          '^packages/[^/]+/src/(index|testing|undici|http-proxy|http|grpc|ws|node|otlp|otlp-grpc|receiver)\\.ts$',
        ],
      },
    },
    {
      name: 'no-testing-in-production',
      comment: 'the ./testing entries are for tests; code that ships does without them',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: [TEST, '/src/testing(\\.ts$|/)'] },
      to: { path: '^packages/[^/]+/src/testing(\\.ts$|/)' },
    },
    {
      name: 'pure/no-runtime',
      comment: 'codecs and protocols do no IO',
      severity: 'error',
      from: PURE,
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure/no-driver',
      comment: 'codecs and protocols know nothing of what drives them',
      severity: 'error',
      from: PURE,
      to: { path: '^packages/[^/]+/src/(connection|client|server|layers|interop)/' },
    },
    {
      name: 'kernel/no-runtime',
      comment: 'the kernel and the layers run wherever JavaScript runs',
      severity: 'error',
      from: { path: '^packages/(service-core|layers)/src/', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    ...Object.entries(builtinHomes).map(([home, names]) => ({
      name: `builtin/${home}`,
      comment: `${names.replaceAll('|', ', ')}: only in ${home}`,
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [`^packages/${home}/`, TEST] },
      to: { path: builtin(names), dependencyTypes: ['core'] },
    })),
    {
      name: 'builtin/http',
      comment: 'our engines serve HTTP; node:http is a peer in tests and benches',
      severity: 'error',
      from: SOURCE,
      to: { path: builtin('http|https|http2|_http_\\w+'), dependencyTypes: ['core'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    exclude: { path: '(^|/)(?:dist|\\.bundle)/' },
    doNotFollow: { path: '(^|/)node_modules/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@lamella/source', 'import', 'node', 'default'],
    },
  },
};
