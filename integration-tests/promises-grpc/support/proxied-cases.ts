import { endCases } from './proxied-end-cases.ts';
import { messageCases } from './proxied-message-cases.ts';
import { metadataCases } from './proxied-metadata-cases.ts';
import { statusCases } from './proxied-status-cases.ts';
import type { ProxiedCase } from './proxied-words.ts';

/** All cases that must be the same on every way. */
export const proxiedCases: readonly ProxiedCase[] = [...messageCases, ...metadataCases, ...statusCases, ...endCases];
