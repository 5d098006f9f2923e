import { expect } from 'vitest';
import { lamella } from '../../support/lamella-process.ts';

/** Runs a command that can't do what it is told: it has to say why in one line, and what was typed wrong in words that help, without a stack, and end with a documented code. */
export async function expectRefused(
  args: readonly string[],
  code: number,
  says: string | RegExp,
  stdout = '',
): Promise<void> {
  const finished = await lamella(args);
  expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code, stdout });
  expect(finished.stderr).toMatch(
    /^(?:lamella: [^\n]+\n|error: [^\n]+\n(?:\(Did you mean [^\n]+\)\n)?\(lamella [^\n]*--help tells more\)\n)$/,
  );
  if (typeof says === 'string') expect(finished.stderr).toContain(says);
  else expect(finished.stderr).toMatch(says);
  expect(finished.stderr).not.toMatch(/\n\s+at /);
}
