import { globSync } from 'node:fs';
import { resolve } from 'node:path';

/** The root of the repository. */
export const root: string = resolve(import.meta.dirname, '../../..');

/** Packages whose READMEs show files of their `examples` folder. */
export const packages: readonly string[] = [
  'service-core',
  'layers',
  'limits-redis',
  'net-core',
  'net-tcp',
  'http',
  'http2',
  'tls',
  'acme',
  'grpc',
  'otel',
  'http-cache',
  'http-cookies',
  'web',
  'ws',
  'proxy',
  'cli',
];

/** Pages whose examples are files that run: paths from the root. */
export const pages: readonly string[] = globSync(
  [
    '*.md',
    'docs/guide/*.md',
    'docs/decisions/*.md',
    'docs/*.md',
    'docs/conformance/*.md',
    `packages/{${packages}}/README.md`,
    'apps/*/README.md',
  ],
  { cwd: root },
).sort();
