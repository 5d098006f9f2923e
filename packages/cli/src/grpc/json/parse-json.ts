import type { JsonValue } from '@bufbuild/protobuf';
import { CliError, EXIT } from '../../cli-error.ts';
import { visible } from '../../send/web-socket/visible.ts';
import { jsonErrorOffset } from './json-error-offset.ts';
import type { JsonText } from './json-splitter.ts';

/**
 * Parses a value.
 *
 * @param where - What it is a part of, such as the name of a file.
 * @throws CliError that says at which line and column it is no JSON.
 */
export function parseJson({ text, line, column }: JsonText, where: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue; // which is what the parser makes
  } catch (cause) {
    const offset = jsonErrorOffset(text);
    const lines = text.slice(0, offset).split('\n');
    const [row, last = ''] = [line + lines.length - 1, lines.at(-1)];
    const place = `line ${row}, column ${last.length + (lines.length === 1 ? column : 1)}`;
    const found = text.slice(offset, offset + SHOWN);
    const what = found === '' ? 'it ends too early' : `${JSON.stringify(visible(found))} is not expected here`;
    throw new CliError(`${where}, ${place}: no JSON: ${what}`, EXIT.usage, { cause });
  }
}

const SHOWN = 12;
