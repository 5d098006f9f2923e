import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the environment decides. */
export interface Settings {
  readonly port: number;
  /** Where certificates are: `NAME.pem` with its key in `NAME.key`. */
  readonly certFolder: string;
  /** How often to look whether they have changed, in milliseconds. */
  readonly certCheckMs: number;
  /** How long to go on accepting, not ready any more, when the end is near, in milliseconds. */
  readonly preDrainMs: number;
  /** How long work under way has after that, in milliseconds. */
  readonly graceMs: number;
  readonly accessLog: 'on' | 'off';
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings for an environment; what is not there, or empty, is as usual.
 *
 * @throws Error if a value makes no sense.
 */
export function settingsFrom(env: Environment): Settings {
  return {
    port: integerOf(env, 'PORT', 8443, 0, 65_535),
    certFolder: textOf(env, 'CERT_FOLDER', join(tmpdir(), 'lamella-edge-gateway')),
    certCheckMs: integerOf(env, 'CERT_CHECK_MS', 10_000, 10, 86_400_000),
    preDrainMs: integerOf(env, 'PRE_DRAIN_MS', 0, 0, 60_000),
    graceMs: integerOf(env, 'GRACE_MS', 10_000, 0, 600_000),
    accessLog: onOrOff(textOf(env, 'ACCESS_LOG', 'on')),
  };
}

function onOrOff(text: string): 'on' | 'off' {
  if (text === 'on' || text === 'off') return text;
  throw new Error(`ACCESS_LOG must be on or off, got ${JSON.stringify(text)}`);
}

function integerOf(env: Environment, name: string, usual: number, least: number, most: number): number {
  const text = textOf(env, name, String(usual));
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

function textOf(env: Environment, name: string, usual: string): string {
  const text = env[name];
  return text === undefined || text === '' ? usual : text;
}
