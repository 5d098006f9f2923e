import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELLO } from '../subjects/payloads.ts';
import { freePort, type SubjectProcess, startForeign } from './subject-process.ts';

/** Whether a program is there; rows name those that are not. */
export function isInstalled(command: 'nginx' | 'haproxy'): boolean {
  return spawnSync(command, ['-v'], { stdio: 'ignore', env: foreignEnvironment() }).error === undefined;
}

/**
 * nginx, one process on one core.
 *
 * @param locations - Directives of its server; upstream `origin` is the given port.
 * @param protocol - `''`, `http2`, or one of `ssl FOLDER` and `http2 ssl FOLDER` with the folder of a certificate.
 */
export function startNginx(locations: string, originPort = 1, protocol = ''): Promise<SubjectProcess> {
  const { listen, directives } = nginxListening(protocol);
  return startConfigured('nginx', (folder, port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const config = `
daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000;
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join(' ')}
  upstream origin { server 127.0.0.1:${originPort}; keepalive 64; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port} backlog=1024 ${listen}; ${directives} ${locations} }
}`;
    return { config, args: (file) => ['-p', folder, '-e', 'stderr', '-c', file] };
  });
}

function nginxListening(protocol: string): { readonly listen: string; readonly directives: string } {
  const [, listen = '', folder] = /^(ssl|http2(?: ssl)?|) ?(.*)$/.exec(protocol) ?? [];
  const certificate = `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`;
  return { listen, directives: folder === undefined || folder === '' ? '' : certificate };
}

/** What nginx answers to a GET without any file or upstream. */
export const NGINX_HELLO: string = `location / { default_type application/json; return 200 '${HELLO}'; }`;
/** nginx as a reverse proxy that keeps its connections to the origin. */
export const NGINX_REVERSE: string =
  'location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }';

/** haproxy, one thread, before one origin. */
export function startHaproxy(originPort: number, mode: 'http' | 'tcp'): Promise<SubjectProcess> {
  return startConfigured('haproxy', (_folder, port) => {
    const config = `
global
  maxconn 4096
  nbthread 1
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  ${mode === 'http' ? 'option http-keep-alive\n  http-reuse always' : ''}
frontend front
  bind 127.0.0.1:${port}
  default_backend origin
backend origin
  server one 127.0.0.1:${originPort}
`;
    return { config, args: (file) => ['-q', '-db', '-f', file] };
  });
}

interface Configured {
  readonly config: string;
  readonly args: (file: string) => readonly string[];
}

async function startConfigured(
  command: 'nginx' | 'haproxy',
  configure: (folder: string, port: number) => Configured,
): Promise<SubjectProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-bench-'));
  const port = await freePort();
  const { config, args } = configure(folder, port);
  const file = join(folder, 'config');
  writeFileSync(file, config);
  const subject = await startForeign(command, args(file), port, foreignEnvironment());
  return {
    ...subject,
    async stop() {
      await subject.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Servers of a distribution stand in folders that a user's PATH may lack. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };
}
