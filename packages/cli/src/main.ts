#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { CommanderError } from 'commander';
import { EXIT, exitCodeOf, messageOf } from './cli-error.ts';
import { ConfigError } from './config/config-error.ts';
import { commandWords, program } from './program.ts';
import { visible } from './send/web-socket/visible.ts';

async function main(): Promise<void> {
  // A reader that has seen enough (`| head`) ends the command, quietly.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => process.exit(EXIT.writeFailed));
  // What the command loads from here on is compiled once: later starts take half the time.
  enableCompileCache();
  try {
    const command = await program(process.argv[2]);
    await command.parseAsync(commandWords(command, process.argv.slice(2)), { from: 'user' });
  } catch (error) {
    // Commander has printed its own errors, help and version already.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
    else {
      // What is wrong with a configuration has a line for each problem, which editors know how to find.
      const message = error instanceof ConfigError ? error.message : visible(messageOf(error));
      if (message !== '') process.stderr.write(`${error instanceof ConfigError ? '' : 'lamella: '}${message}\n`);
      process.exitCode = exitCodeOf(error);
    }
  }
}

void main();
