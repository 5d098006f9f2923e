import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the environment decides. */
export interface Settings {
  readonly port: number;
  /** Whether connections are encrypted, by a certificate of an authority of this machine. */
  readonly tls: 'on' | 'off';
  /** Where that authority stands, in `ca.pem`, and its key. */
  readonly certFolder: string;
  /** How long to go on accepting, not ready any more, when the end is near, in milliseconds. */
  readonly preDrainMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings for an environment; what is not there, or empty, is as usual.
 *
 * @throws Error if a value makes no sense.
 */
export function settingsFrom(env: Environment): Settings {
  return {
    port: integerOf(env, 'PORT', 8085, 65_535),
    tls: onOrOff(textOf(env, 'TLS', 'off')),
    certFolder: textOf(env, 'CERT_FOLDER', join(tmpdir(), 'lamella-grpc-chat')),
    preDrainMs: integerOf(env, 'PRE_DRAIN_MS', 0, 60_000),
  };
}

function onOrOff(text: string): 'on' | 'off' {
  if (text === 'on' || text === 'off') return text;
  throw new Error(`TLS must be on or off, got ${JSON.stringify(text)}`);
}

function integerOf(env: Environment, name: string, usual: number, most: number): number {
  const text = textOf(env, name, String(usual));
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new Error(`${name} must be an integer from 0 to ${most}, got ${JSON.stringify(text)}`);
}

function textOf(env: Environment, name: string, usual: string): string {
  const text = env[name];
  return text === undefined || text === '' ? usual : text;
}
