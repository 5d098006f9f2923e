import { UsageError } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import type { Cidr } from '../address/cidr.ts';
import { ipScope } from '../address/ip-scope.ts';
import { destinationsOf } from './destinations.ts';

/** A rule about addresses and ports: it holds if each thing that it names does. */
export interface EgressRule {
  /** What happens where the rule holds. */
  readonly action: 'allow' | 'deny';
  /** Blocks of addresses, at least one. Default: all addresses. */
  readonly blocks?: readonly Cidr[];
  /** Ports, each 0 to 65_535, at least one. Default: all ports. */
  readonly ports?: readonly number[];
}

/** Options of {@link egressPolicy}. */
export interface EgressPolicyOptions {
  /** The first one that holds decides. Default: none. */
  readonly rules?: readonly EgressRule[];
  /** What happens where no rule holds; `'public'` allows addresses of the public internet. Default `'public'`. */
  readonly otherwise?: 'public' | 'allow' | 'deny';
  /** Paths of the Unix sockets that may be reached, each exactly as it is dialled. Default: none. */
  readonly unixPaths?: readonly string[];
}

/** What a policy says of one address. */
export interface EgressVerdict {
  /** Whether it may be dialled. */
  readonly isAllowed: boolean;
  /** Why, for people, such as `'loopback, not a public address'`. */
  readonly reason: string;
}

/** Says which addresses may be dialled. */
export interface EgressPolicy {
  /** Judges one address; names are never allowed, since nobody knows yet where they lead. */
  judge(target: Address): EgressVerdict;
}

/**
 * Makes a policy of rules; without options it allows the public internet and nothing else.
 *
 * @remarks
 * An IPv6 address that carries IPv4 addresses (mapped, compatible, translated, NAT64, 6to4, Teredo) is judged by those: a rule that
 * allows has to hold for each of them, one that denies for any of them or for the address itself. Zones do not count.
 *
 * @throws UsageError if a rule is empty or an option is out of its range.
 *
 * @example
 * const policy = egressPolicy({ rules: [{ action: 'allow', blocks: [parseCidr('10.20.0.0/16')], ports: [443] }] });
 * policy.judge(parseAddress('10.20.1.2:443')).isAllowed; // true
 * policy.judge(parseAddress('10.20.1.2:22')).isAllowed; // false
 */
export function egressPolicy(options: EgressPolicyOptions = {}): EgressPolicy {
  const { rules = [], otherwise = 'public', unixPaths = [] } = options;
  if (!['public', 'allow', 'deny'].includes(otherwise)) {
    throw new UsageError(`otherwise must be 'public', 'allow' or 'deny', got ${JSON.stringify(otherwise)}`);
  }
  for (const rule of rules) checkRule(rule);

  return {
    judge(target) {
      if (target.type === 'unix') {
        const isAllowed = unixPaths.includes(target.path);
        return { isAllowed, reason: isAllowed ? 'allowed Unix socket' : 'Unix sockets are not allowed' };
      }
      const { host, port } = target;
      if (host.type === 'domain') return { isAllowed: false, reason: 'a name, and policies judge addresses' };
      const destinations = destinationsOf(host);
      const index = rules.findIndex(({ action, blocks, ports }) => {
        if (ports !== undefined && !ports.includes(port)) return false;
        if (blocks === undefined) return true;
        const isWithin = (ip: typeof host): boolean => blocks.some((block) => block.contains(ip));
        return action === 'allow' ? destinations.every(isWithin) : isWithin(host) || destinations.some(isWithin);
      });
      const rule = rules[index];
      if (rule !== undefined)
        return { isAllowed: rule.action === 'allow', reason: `rule ${index + 1}: ${rule.action}` };
      if (otherwise !== 'public') return { isAllowed: otherwise === 'allow', reason: `no rule holds: ${otherwise}` };
      const scope = ipScope(host);
      const isAllowed = scope === 'global';
      return { isAllowed, reason: isAllowed ? 'public address' : `${scope}, not a public address` };
    },
  };
}

function checkRule({ action, blocks, ports }: EgressRule): void {
  if (action !== 'allow' && action !== 'deny') {
    throw new UsageError(`action must be 'allow' or 'deny', got ${JSON.stringify(action)}`);
  }
  if (blocks === undefined && ports === undefined) throw new UsageError('a rule needs blocks or ports');
  if (blocks?.length === 0) throw new UsageError('blocks must not be empty');
  if (ports?.length === 0) throw new UsageError('ports must not be empty');
  const bad = ports?.find((port) => !(Number.isInteger(port) && port >= 0 && port <= 65_535));
  if (bad !== undefined) throw new UsageError(`ports must be 0 to 65535, got ${bad}`);
}
