import type { WebSocketData } from '@lamella/ws';
import { visible } from './visible.ts';

/**
 * A received message as it is printed, with its line end.
 *
 * @remarks
 * On a terminal: marked by `<`, further lines of it indented, nothing in it that a terminal would obey. In a pipe: the text as it came.
 * Of bytes only the size and the first 32 are told, in both.
 */
export function messageText(message: WebSocketData, isTerminal: boolean): string {
  if (typeof message === 'string') return isTerminal ? marked(message) : `${message}\n`;
  return `${isTerminal ? '< ' : ''}[binary, ${bytesText(message)}]\n`;
}

function marked(text: string): string {
  const lines = text.split(/\r?\n/).map(visible);
  return `< ${lines.join('\n  ')}\n`;
}

function bytesText(bytes: Uint8Array): string {
  const size = bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`;
  if (bytes.length === 0) return size;
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, '0'));
  return `${size}: ${shown.join(' ')}${bytes.length > SHOWN_BYTES ? ' ...' : ''}`;
}

const SHOWN_BYTES = 32;
