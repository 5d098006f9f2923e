import type { Layer } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { formatAddress } from '../address/address.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectRequest } from '../connection/connector.ts';
import { ConnectError } from '../errors.ts';
import type { EgressPolicy, EgressVerdict } from './egress-policy.ts';
import { egressPolicy } from './egress-policy.ts';

/** One attempt to dial, and what the policy said of it. */
export interface EgressDecision extends EgressVerdict {
  /** The very address that would be dialled. */
  readonly target: Address;
}

/** Options of {@link egressPolicyLayer}. */
export interface EgressPolicyLayerOptions {
  /** Says which addresses may be dialled. Default: `egressPolicy()`, the public internet alone. */
  readonly policy?: EgressPolicy;
  /** Is told of every attempt, allowed or not, before it is dialled. What it throws fails the attempt. */
  readonly onDecision?: (decision: EgressDecision) => void;
}

/**
 * Dials no address but those that a policy allows.
 *
 * @remarks
 * Stands inside of the name lookup (option `egress` of `tcpConnector`, or around the inner connector of `happyEyeballsConnector`): there it
 * sees the very address that is dialled, of every attempt, redirect, retry and hop. Outside of it names arrive, and are refused.
 * Refusals are a `ConnectError` `LML_ERR_CONNECT_DENIED`, and not retryable.
 *
 * @example
 * const network = memoryNetwork();
 * const connector = stack(egressPolicyLayer(), network.connector());
 */
export function egressPolicyLayer(options: EgressPolicyLayerOptions = {}): Layer<ConnectRequest, Connection> {
  const { policy = egressPolicy(), onDecision } = options;
  return (inner) => ({
    async serve(request) {
      const { target } = request;
      const verdict = policy.judge(target);
      onDecision?.({ ...verdict, target });
      if (verdict.isAllowed) return inner.serve(request);
      const peer = formatAddress(target);
      const facts = { layer: 'egress', peer };
      const message = `connect to ${peer}: denied: ${verdict.reason}`;
      throw new ConnectError('LML_ERR_CONNECT_DENIED', message, { phase: 'connect', domain: 'local', facts });
    },
  });
}
