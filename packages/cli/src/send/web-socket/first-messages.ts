import type { WebSocketData } from '@lamella/ws';
import { CliError, EXIT } from '../../cli-error.ts';
import type { DataPart } from '../request-content.ts';
import { requestContent } from '../request-content.ts';

/**
 * What `-d` and its sisters say to a WebSocket: a message each.
 *
 * @remarks
 * `-d`, `--data-raw` and `--json` are text, `--data-binary` is bytes. `@file` stands for a file as it does in requests.
 *
 * @throws CliError if a file can't be read, or text is no UTF-8.
 */
export async function firstMessages(data: readonly DataPart[], json: readonly string[]): Promise<WebSocketData[]> {
  const messages: WebSocketData[] = [];
  for (const part of data) {
    const bytes = await contentOf({ data: [part], json: [] });
    messages.push(part.type === 'binary' ? bytes : textOf(bytes));
  }
  if (json.length > 0) messages.push(textOf(await contentOf({ data: [], json })));
  return messages;
}

async function contentOf(parts: {
  readonly data: readonly DataPart[];
  readonly json: readonly string[];
}): Promise<Uint8Array> {
  const content = requestContent({ ...parts, form: [], uploadFile: undefined });
  return content === undefined ? new Uint8Array(0) : content.open().body.bytes();
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CliError('a message of text must be UTF-8; --data-binary sends bytes', EXIT.usage, { cause });
  }
}
