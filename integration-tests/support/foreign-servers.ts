import { join } from 'node:path';
import { accepting, freePort } from './free-port.ts';
import type { RunningProcess } from './start-process.ts';
import { startProcess } from './start-process.ts';
import { temporaryFile, temporaryFolder } from './temporary-folder.ts';

/** A web server or proxy of others. */
export interface ForeignServer {
  readonly url: string;
  readonly port: number;
  readonly process: RunningProcess;
}

/**
 * Starts nginx with one `server` block, in the foreground, with all its files in a folder of its own.
 *
 * @param server - Directives of the block, without `listen`.
 * @param http - Directives beside the block, such as `upstream`.
 */
export function startNginx(server: string, http = ''): Promise<ForeignServer> {
  return startForeign((port) => {
    const folder = temporaryFolder();
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    const config = `
daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off; ${paths.join(' ')} client_max_body_size 0; keepalive_requests 1000000;
  ${http}
  server { listen 127.0.0.1:${port}; ${server} }
}`;
    return startProcess('nginx', ['-p', folder, '-e', 'stderr', '-c', temporaryFile('nginx.conf', config)]);
  });
}

/** Starts haproxy in front of one backend. @param backend - Lines of the backend, without `server`. */
export function startHaproxy(originPort: number, backend = ''): Promise<ForeignServer> {
  return startForeign((port) => {
    const config = `
global
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
frontend front
  bind 127.0.0.1:${port}
  default_backend origin
backend origin
  ${backend.split('\n').join('\n  ')}
  server one 127.0.0.1:${originPort}
`;
    return startProcess('haproxy', ['-q', '-db', '-f', temporaryFile('haproxy.cfg', config)]);
  });
}

/** Starts a program that listens on a free port. Somebody else may take the port in between: then another one is tried. */
export async function startForeign(start: (port: number) => RunningProcess): Promise<ForeignServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const process = start(port);
    let isGone = false;
    process.ended.then(
      () => {
        isGone = true;
      },
      () => {
        isGone = true;
      },
    );
    try {
      await accepting(port, () => isGone);
      return { url: `http://127.0.0.1:${port}`, port, process };
    } catch (cause) {
      if (attempt === 3) throw new Error(process.stderr(), { cause });
    }
  }
}
