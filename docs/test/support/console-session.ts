import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { bundledCli } from '../../../tools/bundled-cli.ts';
import { freePort } from '../../../tools/free-port.ts';
import { steadied } from './steadied.ts';

/**
 * Plays a session with the `lamella` command, and gives it back with what it prints now.
 *
 * @remarks
 * Lines that start with `$ ` are commands, run by a shell one after the other. One that ends in `&` is a server: the line that it greets
 * with is shown at once, the rest when `kill %1` has stopped it. `echo $?` tells the exit code of the command before. Ports of the
 * session are replaced by free ones while it runs.
 */
export async function playedSession(session: string): Promise<string> {
  const commands = session.split('\n').flatMap((line) => (line.startsWith('$ ') ? line.slice(2) : []));
  const ports = await freePortsFor(commands.join('\n'));
  const folder = mkdtempSync(join(tmpdir(), 'lamella-session-'));
  writeFileSync(join(folder, 'lamella'), `#!/bin/sh\nexec ${process.execPath} ${bundledCli} "$@"\n`, { mode: 0o755 });
  const shell = new Shell(folder);
  try {
    let played = '';
    for (const command of commands) {
      const output = await shell.run(command.replaceAll(PORT, (port) => ports.get(port) ?? port));
      played += `$ ${command}\n${steadied(output, ports)}`;
    }
    return played;
  } finally {
    await shell.close();
    rmSync(folder, { recursive: true });
  }
}

/** Runs commands, and remembers the servers among them. */
class Shell {
  readonly #folder: string;
  readonly #servers: { readonly process: ChildProcess; readonly exit: Promise<unknown>; output: string }[] = [];
  #exitCode = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async run(command: string): Promise<string> {
    if (command === 'echo $?') return `${this.#exitCode}\n`;
    const stopped = /^kill %([1-9])$/.exec(command)?.[1];
    if (stopped !== undefined) return this.#stop(Number(stopped) - 1);
    return command.endsWith(' &') ? this.#startServer(command.slice(0, -2)) : this.#runToEnd(command);
  }

  async close(): Promise<void> {
    for (const { process, exit } of this.#servers) {
      process.kill('SIGKILL');
      await exit;
    }
  }

  async #runToEnd(command: string): Promise<string> {
    const process = this.#spawn(command);
    let output = '';
    process.stdout?.on('data', (text: string) => {
      output += text;
    });
    const [exitCode] = await once(process, 'close');
    this.#exitCode = exitCode;
    return output;
  }

  async #startServer(command: string): Promise<string> {
    const process = this.#spawn(command);
    const server = { process, exit: once(process, 'close'), output: '' };
    this.#servers.push(server);
    await new Promise<void>((resolve) => {
      process.stdout?.on('data', (text: string) => {
        server.output += text;
        resolve(); // the greeting comes in one piece, and first
      });
      process.once('close', resolve);
    });
    const greeting = server.output;
    server.output = '';
    return greeting;
  }

  async #stop(index: number): Promise<string> {
    const server = this.#servers[index];
    if (server === undefined) throw new Error(`there is no server %${index + 1}`);
    server.process.kill('SIGTERM');
    await server.exit;
    return server.output;
  }

  #spawn(command: string): ChildProcess {
    const path = `${this.#folder}${delimiter}${process.env['PATH']}`;
    const child = spawn('sh', ['-c', `exec ${command} 2>&1`], {
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8');
    return child;
  }
}

/** A free port for each one that the commands name. */
async function freePortsFor(commands: string): Promise<ReadonlyMap<string, string>> {
  const free = new Map<string, string>();
  for (const port of new Set(commands.match(PORT))) free.set(port, String(await freePort()));
  return free;
}

const PORT = /(?<=:|--connect-ports )[0-9]{4,5}\b/g;
