import { isLamellaError } from '@lamella/service-core';
import { fileProblem, messageOf } from '../cli-error.ts';

/** Why the authority in a folder can't be used: errors of the system do not say what they were about. */
export function authorityProblem(folder: string, error: unknown): string {
  return isLamellaError(error) ? messageOf(error) : `the authority in ${folder} can't be used: ${fileProblem(error)}`;
}
