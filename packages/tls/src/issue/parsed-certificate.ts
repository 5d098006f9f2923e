import { readDer, readDerList } from '../codec/der/der-decoder.ts';
import { derObjectIdentifier } from '../codec/der/object-identifier.ts';
import { TlsMaterialError } from '../errors.ts';

/** What Node does not tell of a certificate. */
export interface ParsedCertificate {
  /** Name of whom it is for, as DER. */
  readonly subject: Uint8Array;
  /** Finds the value of an extension, as DER. */
  extension(identifier: string): Uint8Array | undefined;
}

/** Takes a certificate apart. RFC 5280 section 4.1. @throws TlsMaterialError if it has not the form of one. */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  const [body] = readDerList(readDer(der, SEQUENCE).contents);
  if (body === undefined) throw new TlsMaterialError('a certificate without content');
  const fields = readDerList(body.contents);
  // A certificate of version 1 has no field for the version; the subject is the fifth of those behind it.
  const subject = fields[fields[0]?.tag === VERSION ? 5 : 4];
  if (subject?.tag !== SEQUENCE) throw new TlsMaterialError('a certificate without a subject');
  const extensions = new Map<string, Uint8Array>();
  for (const list of fields.filter(({ tag }) => tag === EXTENSIONS)) {
    for (const { contents } of readDerList(readDer(list.contents, SEQUENCE).contents)) {
      const parts = readDerList(contents);
      const [identifier, value] = [parts[0], parts.at(-1)];
      if (identifier !== undefined && value?.tag === OCTET_STRING)
        extensions.set(keyOf(identifier.raw), value.contents);
    }
  }
  return {
    subject: subject.raw,
    extension: (identifier) => extensions.get(keyOf(derObjectIdentifier(identifier))),
  };
}

function keyOf(identifier: Uint8Array): string {
  return Buffer.from(identifier).toString('hex');
}

const [SEQUENCE, OCTET_STRING, VERSION, EXTENSIONS] = [0x30, 0x04, 0xa0, 0xa3];
