import type { FormField } from './form-part.ts';
import type { HttpVersionOptions } from './http-versions.ts';
import type { ProxyOptions } from './proxy-choice.ts';
import type { ProxyWayOptions } from './proxy-way.ts';
import type { DataPart } from './request-content.ts';
import type { TlsSendOptions } from './tls/tls-send-options.ts';

/** What the options of `send` say; times in milliseconds. */
export interface SendOptions extends HttpVersionOptions, TlsSendOptions, ProxyOptions, ProxyWayOptions {
  readonly request?: string;
  readonly head?: boolean;
  readonly header?: readonly string[];
  readonly data?: readonly DataPart[];
  readonly dataBinary?: readonly DataPart[];
  readonly dataRaw?: readonly DataPart[];
  readonly json?: readonly string[];
  readonly form?: readonly FormField[];
  readonly formString?: readonly FormField[];
  readonly compressed?: boolean;
  readonly uploadFile?: string;
  readonly user?: string;
  readonly cookie?: readonly string[];
  readonly cookieJar?: string;
  readonly location?: boolean;
  readonly maxRedirs: number;
  readonly fail?: boolean;
  readonly output?: string;
  readonly include?: boolean;
  readonly verbose?: boolean;
  readonly silent?: boolean;
  readonly showError?: boolean;
  readonly maxTime?: number;
  readonly resolve?: readonly string[];
  readonly connectTo?: readonly string[];
  readonly retry: number;
  readonly retryDelay?: number;
  readonly retryAllErrors?: boolean;
  readonly har?: string;
  readonly harSecrets?: boolean;
  readonly curl?: boolean;
}
