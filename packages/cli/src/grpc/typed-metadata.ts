import { GrpcMetadata } from '@lamella/grpc';
import { CliError, EXIT, messageOf } from '../cli-error.ts';

/** Understands `name: value`; under names that end with `-bin` the value is Base64. @throws CliError if it is none. */
export function typedMetadata(lines: readonly string[]): GrpcMetadata {
  const metadata = new GrpcMetadata();
  for (const line of lines) {
    const [, name, text = ''] = /^([^:\s]+):(.*)$/s.exec(line) ?? [];
    if (name === undefined) throw wrong(line, "write 'name: value'");
    const value = text.trim();
    if (!name.toLowerCase().endsWith('-bin')) append(metadata, name, value, line);
    else if (!BASE64.test(value)) throw wrong(line, 'a value under -bin is Base64');
    else append(metadata, name, Buffer.from(value, 'base64'), line);
  }
  return metadata;
}

function append(metadata: GrpcMetadata, name: string, value: string | Uint8Array, line: string): void {
  try {
    metadata.append(name, value);
  } catch (error) {
    throw wrong(line, messageOf(error));
  }
}

function wrong(line: string, why: string): CliError {
  return new CliError(`-H ${JSON.stringify(line)}: ${why}`, EXIT.usage);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
