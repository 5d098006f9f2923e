import { createHash, createPublicKey } from 'node:crypto';
import { CliError, EXIT } from '../../cli-error.ts';
import { readOption } from './read-option.ts';
import type { TlsWords } from './tls-words.ts';

/** Pins as they are typed, or that of the key in a file. @throws CliError if it is neither; with curl's code 90 if the file can't be used. */
export function keyPins(text: string, words: TlsWords): readonly string[] {
  const option = words('pinnedpubkey');
  if (text.startsWith('sha256//')) {
    const pins = text.split(';').filter((pin) => pin !== '');
    const wrong = pins.find((pin) => !/^sha256\/\/[A-Za-z0-9+/]{43}=$/.test(pin));
    if (wrong === undefined) return pins;
    throw new CliError(`${option} ${wrong}: a pin is sha256// and 44 characters of base64`, EXIT.usage);
  }
  const content = readOption(text, EXIT.badPin, option);
  try {
    const isPem = content.includes('-----BEGIN');
    const key = createPublicKey(isPem ? content : { key: Buffer.from(content, 'latin1'), format: 'der', type: 'spki' });
    return [
      createHash('sha256')
        .update(key.export({ type: 'spki', format: 'der' }))
        .digest('base64'),
    ];
  } catch (cause) {
    throw new CliError(`${option} ${text}: no public key in PEM or DER`, EXIT.badPin, { cause });
  }
}
