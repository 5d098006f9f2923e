import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createHttpClient, HttpRequest, http1 } from '@lamella/http';
import { tcpConnector } from '@lamella/net-tcp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../support/free-port.ts';

describe('several processes on one port', () => {
  it('share connections that come one after the other evenly', async () => {
    const { port } = await startWorkers();
    const counts: Record<string, number> = {};
    for (let count = 0; count < 40; count++) {
      const { pid, socket } = await ask(port);
      onTestFinished(() => void socket.destroy());
      counts[pid] = (counts[pid] ?? 0) + 1;
    }
    expect(Object.keys(counts)).toHaveLength(4);
    expect(Math.max(...Object.values(counts)) / Math.min(...Object.values(counts))).toBeLessThanOrEqual(2);
  });

  it('are replaced one by one under 500 requests a second, and not one is lost', async () => {
    const workers = await startWorkers();
    const client = createHttpClient({
      connector: tcpConnector(),
      protocols: [http1()],
      maxConnectionsPerOrigin: 64,
      // Far shorter than the servers' time before they drain: no request meets a connection that is just being closed.
      idleTimeoutMs: 100,
    });
    onTestFinished(() => client.destroy());
    const failures: string[] = [];
    const pids = new Set<string>();
    let sent = 0;
    let pending = 0;
    const one = async (count: number): Promise<void> => {
      pending++;
      try {
        const isPost = count % 2 === 0;
        const response = await client.serve(
          HttpRequest.from({
            method: isPost ? 'POST' : 'GET',
            target: `http://127.0.0.1:${workers.port}/`,
            ...(isPost ? { body: `n${count}` } : {}),
          }),
        );
        const [pid = '', echoed = ''] = (await response.body.text()).split(' ');
        pids.add(pid);
        if (response.status !== 200 || echoed !== (isPost ? `n${count}` : ''))
          failures.push(`${count}: ${response.status}`);
      } catch (error) {
        failures.push(`${count}: ${String(error)}`);
      } finally {
        pending--;
      }
    };
    const startMs = performance.now();
    const load = setInterval(() => {
      const due = Math.floor(((performance.now() - startMs) / 1_000) * 500);
      // A machine that pauses is not to be caught up with all at once.
      for (let burst = 0; sent < due && burst < 50; burst++) void one(sent++);
    }, 5);
    await sleep(500);
    await workers.replace();
    await sleep(500);
    clearInterval(load);
    await expect.poll(() => pending).toBe(0);
    expect(failures).toEqual([]);
    expect(pids.size).toBeGreaterThan(4); // old ones and new ones
    expect(sent).toBeGreaterThan(1_000);
  });
});

interface Workers {
  readonly port: number;
  /** Replaces all of them, one by one. */
  readonly replace: () => Promise<void>;
}

async function startWorkers(): Promise<Workers> {
  const port = await freePort();
  const script = fileURLToPath(new URL('./workers.ts', import.meta.url));
  const flags = ['--conditions=@lamella/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, script, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end(); // the primary sends its workers away and ends
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  });
  const said = async (word: string): Promise<void> => {
    const { value } = await lines.next();
    if (!String(value).startsWith(word)) throw new Error(`the primary said ${value}`);
  };
  await said('ready');
  return {
    port,
    async replace() {
      child.stdin.write('replace\n');
      await said('replaced');
    },
  };
}

/** One request on a connection that stays open. */
function ask(port: number): Promise<{ readonly pid: string; readonly socket: ReturnType<typeof connect> }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    socket.once('error', reject);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const pid = /\r\n\r\n(\d+) /.exec(text)?.[1];
      if (pid !== undefined) resolve({ pid, socket });
    });
  });
}
