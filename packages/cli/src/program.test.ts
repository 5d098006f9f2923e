import { describe, expect, it } from 'vitest';
import { commandWords, program } from './program.ts';

describe('commandWords', () => {
  it.each<[what: string, typed: string, understood: string]>([
    ['nothing', '', ''],
    ['a command', 'serve echo --bind :1', 'serve echo --bind :1'],
    ['an argument that is called as a command is', 'send help', 'send help'],
    ['help on all', 'help', '--help'],
    ['help on a command', 'help serve', 'serve --help'],
    ['help on a command below', 'help serve stunnel exit', 'serve stunnel exit --help'],
    ['help in between', 'serve help echo', 'serve echo --help'],
    ['a command that there is not', 'sned --help', 'sned'],
    ['help on a command that there is not', 'help sned', 'sned'],
    ['a command below that there is not', 'help serve ehco', 'serve ehco'],
    ['an option in front', '--version serve', '--version serve'],
  ])('takes %s for what is meant', async (_what, typed, understood) => {
    const command = await program(undefined);
    const words = typed.split(' ').filter((word) => word !== '');
    expect(commandWords(command, words).join(' ')).toBe(understood);
  });

  it.each([
    ['echo --bind :1', 'serve echo'],
    ['help leaf', 'cert leaf'],
  ])('says of %j that it is %s', async (typed, meant) => {
    const command = await program(undefined);
    command.configureOutput({ writeErr() {} });
    expect(() => commandWords(command, typed.split(' '))).toThrow(`(Did you mean ${meant}?)`);
  });
});
