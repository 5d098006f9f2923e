import { describe, expect, it } from 'vitest';
import { serveCommand } from './serve-command.ts';

describe('the help of a server', () => {
  it('tells defaults in the unit of the option', () => {
    const help = helpOf('proxy');
    for (const [name, seconds] of DEFAULTS) {
      expect(help).toMatch(new RegExp(`--${name} <seconds> .*\\(default: ${seconds}\\)`));
    }
  });

  it('tells where it listens once, as it is typed', () => {
    expect(helpOf('reverse')).toMatch(/--bind <address> .*unix:\/path \(default: 127\.0\.0\.1:8081\)\n/);
  });

  it('tells which route is taken', () => {
    expect(helpOf('reverse')).toContain('the most specific one is taken');
  });
});

/** The help of a server, each option on one line. */
function helpOf(name: string): string {
  const command = serveCommand().commands.find((candidate) => candidate.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return command.configureHelp({ helpWidth: 1_000 }).helpInformation();
}

const DEFAULTS = [
  ['grace', 10],
  ['pre-drain', 0],
  ['connect-timeout', 10],
  ['idle-timeout', 300],
];
