import { readFileSync } from 'node:fs';
import { CliError, fileProblem } from '../../cli-error.ts';

/** What is in the file that an option names. @throws CliError that says of which option it was. */
export function readOption(path: string, exitCode: number, option: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    throw new CliError(`${option}: cannot read ${path}: ${fileProblem(cause)}`, exitCode, { cause });
  }
}
