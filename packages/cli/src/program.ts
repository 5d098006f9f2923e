import { Command } from 'commander';
import { version } from './version.ts';

/**
 * The command line. Its errors are thrown, not exited with.
 *
 * @param wanted - The first word that was typed: only the code of that command is loaded, so that it starts soon.
 */
export async function program(wanted: string | undefined): Promise<Command> {
  const command = new Command('lamella')
    .description('A modular network stack: serve, proxy and send HTTP, and call gRPC.')
    .version(version)
    .addHelpText('after', EXAMPLES);
  const load = COMMANDS.get(wanted ?? '');
  const loads = load === undefined ? [...COMMANDS.values()] : [load];
  for (const loaded of await Promise.all(loads.map((one) => one()))) command.addCommand(loaded);
  return throwing(command, command.name());
}

/**
 * What was typed, as commander understands it: `help serve echo` is `serve echo --help`, and a command that there is not ends it, since
 * asked for help on that, commander would print the help of the command above, as if nothing were wrong.
 */
export function commandWords(program: Command, words: readonly string[]): readonly string[] {
  const path: string[] = [];
  let command = program;
  let isHelp = false;
  for (const word of words) {
    if (command.commands.length === 0 || word.startsWith('-')) break;
    if (word === 'help') {
      isHelp = true;
      continue;
    }
    path.push(word);
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) {
      if (command === program) refuseWithoutParent(program, word);
      return path;
    }
    command = next;
  }
  return isHelp ? [...path, '--help'] : words;
}

/** A command that stands below another one, typed without that. @throws CommanderError that says where it is. */
function refuseWithoutParent(program: Command, word: string): void {
  const parent = program.commands.find(({ commands }) => commands.some((child) => child.name() === word));
  if (parent === undefined) return;
  program.error(`error: unknown command '${word}'\n(Did you mean ${parent.name()} ${word}?)`);
}

const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['serve', async () => (await import('./serve/serve-command.ts')).serveCommand()],
  ['send', async () => (await import('./send/send-command.ts')).sendCommand()],
  ['grpc', async () => (await import('./grpc/grpc-command.ts')).grpcCommand()],
  ['cert', async () => (await import('./cert/cert-command.ts')).certCommand()],
  ['probe', async () => (await import('./probe/probe-command.ts')).probeCommand()],
]);

/** Commands do not inherit this from the one that they are added to. */
function throwing(command: Command, path: string): Command {
  for (const child of command.commands) throwing(child, `${path} ${child.name()}`);
  return command.exitOverride().showSuggestionAfterError().showHelpAfterError(`(${path} --help tells more)`);
}

const EXAMPLES = `
Examples:
  lamella serve echo --bind 127.0.0.1:9000
  lamella send -v -d hello http://127.0.0.1:9000/
  lamella serve echo --bind 127.0.0.1:9443 --tls
  lamella serve grpc-echo --bind 127.0.0.1:50051
  lamella grpc call -d '{"message":"hello"}' 127.0.0.1:50051 lamella.echo.v1.Echo/Say
  lamella probe tls --cacert ~/.config/lamella/ca/ca.pem localhost:9443
  lamella serve proxy --bind 127.0.0.1:8080 --auth me:secret
  lamella serve reverse --to /api=http://127.0.0.1:3000 --to http://127.0.0.1:9000
  lamella cert self-signed --dns localhost --ip 127.0.0.1`;
