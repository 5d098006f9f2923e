import { CliError, EXIT } from '../cli-error.ts';

/** One `-F` as it was typed. */
export interface FormField {
  /** `text` takes nothing but text, as `--form-string` says. */
  readonly type: 'form' | 'text';
  readonly text: string;
}

/** One part of a form. */
export interface FormPart {
  readonly name: string;
  /** Text, a file that is sent as one, or a file whose content is the value of a field; `-` is the standard input. */
  readonly from: 'text' | 'file' | 'content';
  /** The text, or the path. */
  readonly value: string;
  readonly contentType: string | undefined;
  readonly fileName: string | undefined;
}

/**
 * Understands `name=text`, `name=@file` and `name=<file`, each with `;type=...` and `;filename=...` behind it, as curl does.
 *
 * @remarks
 * A text or a name that holds `;` stands in double quotes, in which `\"` and `\\` mean a quote and a backslash. What follows a `;`
 * without being one of the two is a part of the text. A file without a type has that of its extension.
 *
 * @throws CliError if it is no part.
 */
export function formPart({ type, text }: FormField): FormPart {
  const equals = text.indexOf('=');
  if (equals < 1) throw wrong(text);
  const name = text.slice(0, equals);
  const content = text.slice(equals + 1);
  if (type === 'text') return { name, from: 'text', value: content, contentType: undefined, fileName: undefined };
  const from = content.startsWith('@') ? 'file' : content.startsWith('<') ? 'content' : 'text';
  const { value, attributes } = split(from === 'text' ? content : content.slice(1));
  if (from !== 'text' && value === '') throw wrong(text);
  const fileName = attributes.get('filename') ?? (from === 'file' ? baseName(value) : undefined);
  const contentType = attributes.get('type') ?? (from === 'file' ? typeOf(fileName ?? value) : undefined);
  return { name, from, value, contentType, fileName };
}

/** Takes the attributes off the end, and the quotes off everything. */
function split(content: string): { readonly value: string; readonly attributes: ReadonlyMap<string, string> } {
  const attributes = new Map<string, string>();
  let rest = content;
  for (;;) {
    const match = ATTRIBUTE.exec(rest);
    if (match === null) return { value: unquoted(rest), attributes };
    const [whole, name = '', value = ''] = match;
    attributes.set(name.toLowerCase(), unquoted(value.trim()));
    rest = rest.slice(0, rest.length - whole.length);
  }
}

function unquoted(text: string): string {
  const match = /^"((?:[^"\\]|\\.)*)"$/s.exec(text);
  return match === null ? text : (match[1] ?? '').replace(/\\(["\\])/g, '$1');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function typeOf(fileName: string): string {
  const extension = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase();
  return TYPES.get(extension) ?? 'application/octet-stream';
}

function wrong(text: string): CliError {
  return new CliError(`-F ${JSON.stringify(text)}: write name=text, name=@file or name=<file`, EXIT.usage);
}

/** The last attribute; a type has parameters of its own, which belong to it. */
const ATTRIBUTE = /;\s*(type|filename)=("(?:[^"\\]|\\.)*"|[^;"]*(?:;\s*(?!type=|filename=)[^;="]+=[^;"]*)*)$/i;
/** The types that curl knows. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['gif', 'image/gif'],
  ['htm', 'text/html'],
  ['html', 'text/html'],
  ['jpeg', 'image/jpeg'],
  ['jpg', 'image/jpeg'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['svg', 'image/svg+xml'],
  ['txt', 'text/plain'],
  ['xml', 'application/xml'],
]);
