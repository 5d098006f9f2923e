import { CliError, EXIT } from '../cli-error.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Line in the file, from 1. */
  readonly line: number;
  /** Column in that line, from 1. */
  readonly column: number;
  /** What is wrong, and with which field. */
  readonly message: string;
}

/** A configuration that can't be used; its message has a line for each problem, with its place in the file. */
export class ConfigError extends CliError {
  static {
    ConfigError.prototype.name = 'ConfigError';
  }

  /** What is wrong, in the order of the file, at most 20. */
  readonly problems: readonly ConfigProblem[];

  constructor(fileName: string, problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ line, column, message }) => `${fileName}:${line}:${column}: ${message}`);
    super(lines.join('\n'), EXIT.usage);
    this.problems = problems;
  }
}
