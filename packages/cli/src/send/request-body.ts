import { readFileSync } from 'node:fs';
import { HttpBody } from '@lamella/http';
import { CliError, EXIT, messageOf } from '../cli-error.ts';

/** What `-d` and `--json` make of their values. */
export interface RequestContent {
  readonly body: HttpBody;
  /** Content-Type that goes with it, unless a header says otherwise. */
  readonly type: string;
}

/**
 * Makes the body of `-d` or `--json`: text, `@file` or `@-` for the standard input. Several `-d` are joined by `&`.
 *
 * @throws CliError if a file can't be read.
 */
export function requestContent(data: readonly string[], json: readonly string[]): RequestContent | undefined {
  if (data.length > 0 && json.length > 0) throw new CliError('use either -d or --json', EXIT.usage);
  if (json.length > 0) return { body: joined(json, ''), type: 'application/json' };
  return data.length > 0 ? { body: joined(data, '&'), type: 'application/x-www-form-urlencoded' } : undefined;
}

function joined(values: readonly string[], separator: string): HttpBody {
  const [only] = values;
  if (values.length === 1 && only === '@-') return HttpBody.from(process.stdin as AsyncIterable<Uint8Array>);
  const parts = values.map((value) => (value.startsWith('@') ? fileBytes(value.slice(1)) : Buffer.from(value, 'utf8')));
  const gap = Buffer.from(separator);
  return HttpBody.from(Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [gap, part]))));
}

function fileBytes(path: string): Buffer {
  try {
    return path === '-' ? readFileSync(0) : readFileSync(path);
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${messageOf(error)}`, EXIT.readFailed, { cause: error });
  }
}
