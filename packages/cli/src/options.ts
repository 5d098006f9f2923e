import type { Address } from '@lamella/net-core';
import { parseAddress } from '@lamella/net-core';
import type { ProxyUser, ReverseRoute } from '@lamella/proxy';
import { InvalidArgumentError, Option } from 'commander';
import { messageOf } from './cli-error.ts';

/** An option with a parser; help shows its default as it would be typed. */
export function valueOption<Value>(
  flags: string,
  description: string,
  parse: (text: string, previous: Value | undefined) => Value,
  preset?: string,
): Option {
  const option = new Option(flags, description).argParser(parse);
  return preset === undefined ? option : option.default(parse(preset, undefined), preset);
}

/** An address to listen on: `host:port`, `[ipv6]:port`, `:port` (127.0.0.1) or `unix:/path`. */
export function addressOption(text: string): Address {
  return rephrased(() => parseAddress(text));
}

/** A time in seconds, with fractions, as milliseconds. */
export function secondsOption(text: string): number {
  if (!/^[0-9]{1,6}(?:\.[0-9]{1,3})?$/.test(text)) {
    throw new InvalidArgumentError('write a number of seconds, such as 2.5');
  }
  return Number(text) * 1_000;
}

/** A time in seconds for which 0 makes no sense. */
export function someSecondsOption(text: string): number {
  const timeMs = secondsOption(text);
  if (timeMs === 0) throw new InvalidArgumentError('write a number of seconds greater than 0');
  return timeMs;
}

/** A count of at least 1. */
export function countOption(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('write a number of at least 1');
  return Number(text);
}

/** A number of redirects; -1 for any. */
export function redirectsOption(text: string): number {
  if (text === '-1') return Number.POSITIVE_INFINITY;
  if (!/^[0-9]{1,4}$/.test(text)) throw new InvalidArgumentError('write a number, or -1 for no limit');
  return Number(text);
}

/** A number of retries, which may be 0. */
export function retriesOption(text: string): number {
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(text)) throw new InvalidArgumentError('write a number of at least 0');
  return Number(text);
}

/** A comma-separated list of ports, or `any`. */
export function portsOption(text: string): readonly number[] | 'any' {
  if (text === 'any') return 'any';
  const ports = text.split(',').map((part) => (/^[0-9]{1,5}$/.test(part) ? Number(part) : Number.NaN));
  if (!ports.every((port) => port >= 1 && port <= 65_535)) {
    throw new InvalidArgumentError('write ports such as 443,8443, or any');
  }
  return ports;
}

/** Where a proxy may connect to. */
export function egressOption(text: string): 'any' | 'public' {
  if (text === 'any' || text === 'public') return text;
  throw new InvalidArgumentError('write any, or public');
}

/** `name:password`, any number of times. */
export function usersOption(text: string, users: readonly ProxyUser[] = []): readonly ProxyUser[] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('write name:password');
  return [...users, { name: text.slice(0, colon), password: text.slice(colon + 1) }];
}

/** A route as `URL`, `/path=URL`, `host=URL` or `host/path=URL`, any number of times. */
export function routesOption(text: string, routes: readonly ReverseRoute[] = []): readonly ReverseRoute[] {
  const match = /^(?:([^=/]*)(\/[^=]*)?=)?((?:https?|h2c):\/\/.*)$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError(
      'write http://upstream, /path=http://upstream or host/path=http://upstream; https:// and h2c:// work too',
    );
  }
  const [, host, path, to = ''] = match;
  return [...routes, { to, ...(host ? { host } : {}), ...(path === undefined ? {} : { path }) }];
}

/** Any number of values, in order. */
export function listOption(text: string, values: readonly string[] = []): readonly string[] {
  return [...values, text];
}

function rephrased<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
