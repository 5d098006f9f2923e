import { parseAddress } from '@lamella/net-core';
import { z } from 'zod';
import { messageOf } from '../cli-error.ts';

/** What `lamella serve reverse --config` reads; each field is described in the README of the command. */
export type ReverseConfig = z.infer<typeof reverseConfig>;
/** One group of upstreams. */
export type GroupConfig = ReverseConfig['groups'][string];
/** How the server speaks TLS. */
export type TlsConfig = NonNullable<ReverseConfig['tls']>;
/** How it speaks TLS to upstreams. */
export type UpstreamTlsConfig = NonNullable<ReverseConfig['upstreamTls']>;
/** One route. */
export type RouteConfig = ReverseConfig['routes'][number];

const share = z.number().min(0).max(1);
const milliseconds = z.number().positive();
const count = z.int().min(1);
const status = z.int().min(200).max(599);
const errorStatus = z.int().min(400).max(599);
const fields = z.record(z.string(), z.string());

const address = z.string().superRefine((text, context) => {
  try {
    parseAddress(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

const server = z.union([
  z.string().transform((url): { url: string; weight?: number } => ({ url })),
  z.strictObject({ url: z.string(), weight: z.number().positive().optional() }),
]);

const policy = z.union([
  z.enum(['power-of-two', 'round-robin', 'least-requests']),
  z.strictObject({
    hash: z.union([z.enum(['client-address', 'path']), z.strictObject({ header: z.string() })]),
    maxLoadRatio: z.number().min(1).optional(),
  }),
]);

const healthCheck = z.strictObject({
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, 'must be a path, such as /healthz')
    .optional(),
  statuses: z.array(status).min(1).optional(),
  headers: fields.optional(),
  intervalMs: milliseconds.optional(),
  timeoutMs: milliseconds.optional(),
  jitterRatio: share.optional(),
  rise: count.optional(),
  fall: count.optional(),
  initiallyHealthy: z.boolean().optional(),
});

const ejection = z.strictObject({
  consecutiveFailures: count.optional(),
  failureRatio: z.number().positive().max(1).optional(),
  minCalls: count.optional(),
  windowMs: milliseconds.optional(),
  baseEjectionMs: milliseconds.optional(),
  maxEjectionMs: milliseconds.optional(),
  decayMs: milliseconds.optional(),
  maxEjectedRatio: share.optional(),
});

const sticky = z.strictObject({
  name: z.string().optional(),
  secret: z.string().min(1).optional(),
  path: z.string().optional(),
  maxAgeSeconds: count.optional(),
  secure: z.boolean().optional(),
  sameSite: z.enum(['Strict', 'Lax', 'None']).optional(),
});

const group = z
  .strictObject({
    servers: z.array(server).min(1).optional(),
    resolve: z
      .strictObject({
        host: z.string(),
        port: z.int().min(1).max(65_535).optional(),
        intervalMs: milliseconds.optional(),
        minIntervalMs: milliseconds.optional(),
      })
      .optional(),
    policy: policy.optional(),
    healthCheck: healthCheck.optional(),
    ejection: z.union([z.literal(false), ejection]).optional(),
    failureStatuses: z.array(errorStatus).optional(),
    slowStartMs: z.number().min(0).optional(),
    panicRatio: share.optional(),
    sticky: sticky.optional(),
    retries: z
      .union([
        z.literal(false),
        z.strictObject({
          maxAttempts: count.optional(),
          maxBodyBytes: z.int().min(0).optional(),
          methods: z.array(z.string()).optional(),
          statuses: z.array(errorStatus).optional(),
        }),
      ])
      .optional(),
    limit: z
      .strictObject({
        maxConcurrent: count,
        maxQueued: z.int().min(0).optional(),
        queueTimeoutMs: milliseconds.optional(),
      })
      .optional(),
    maxConcurrentPerServer: count.optional(),
  })
  .superRefine(({ servers, resolve }, context) => {
    if ((servers === undefined) === (resolve === undefined)) {
      context.addIssue({ code: 'custom', message: 'must have either servers or resolve' });
    }
  });

const headers = z.strictObject({
  set: fields.optional(),
  setIfMissing: fields.optional(),
  append: fields.optional(),
  remove: z.array(z.string()).optional(),
});

const route = z
  .strictObject({
    host: z.string().optional(),
    path: z.string().optional(),
    to: z.string().optional(),
    group: z.string().optional(),
    canary: z
      .strictObject({
        group: z.string(),
        share: share.optional(),
        header: z.string().optional(),
        keepsClients: z.boolean().optional(),
      })
      .optional(),
    timeoutMs: milliseconds.optional(),
    requestHeaders: headers.optional(),
    responseHeaders: headers.optional(),
  })
  .superRefine(({ to, group: name, canary }, context) => {
    if (to === undefined && name === undefined) {
      context.addIssue({ code: 'custom', message: 'must have to, group, or both' });
    }
    if (canary !== undefined && name === undefined) {
      context.addIssue({ code: 'custom', message: 'a canary needs a group beside it' });
    }
  });

const page = z
  .strictObject({ html: z.string().optional(), json: z.string().optional(), text: z.string().optional() })
  .refine((forms) => Object.keys(forms).length > 0, 'must have html, json or text');

const file = z.string().min(1);
const tlsVersion = z.enum(['TLSv1.2', 'TLSv1.3']);

const tls = z
  .strictObject({
    certificates: z
      .array(
        z.strictObject({
          cert: file,
          key: file.optional(),
          passphrase: z.string().optional(),
          names: z.array(z.string()).min(1).optional(),
          ocsp: file.optional(),
        }),
      )
      .min(1)
      .optional(),
    authority: file.optional(),
    clientCa: z.array(file).min(1).optional(),
    minVersion: tlsVersion.optional(),
    maxVersion: tlsVersion.optional(),
  })
  .superRefine(({ certificates, authority }, context) => {
    if (certificates !== undefined && authority !== undefined) {
      context.addIssue({ code: 'custom', path: ['authority'], message: 'must not stand beside certificates' });
    }
  });

const upstreamTls = z
  .strictObject({
    ca: z.array(file).min(1).optional(),
    cert: file.optional(),
    key: file.optional(),
    passphrase: z.string().optional(),
    pins: z.array(z.string()).min(1).optional(),
    dangerouslyAcceptAnyCertificate: z.boolean().optional(),
  })
  .superRefine(({ cert, key }, context) => {
    if (key !== undefined && cert === undefined) {
      context.addIssue({ code: 'custom', path: ['key'], message: 'must stand beside cert' });
    }
  });

/** The whole file. */
export const reverseConfig = z.strictObject({
  listen: address.optional(),
  tls: tls.optional(),
  httpVersion: z.enum(['auto', 'h1', 'h2']).default('auto'),
  upstreamTls: upstreamTls.optional(),
  keepHost: z.boolean().default(true),
  trustForwarded: z.boolean().default(false),
  forwarded: z.enum(['x-forwarded', 'forwarded', 'both', 'none']).default('x-forwarded'),
  connectTimeoutMs: milliseconds.default(10_000),
  groups: z.record(z.string(), group).default({}),
  routes: z.array(route).min(1),
  errorPages: z
    .record(z.string().regex(/^[45](?:[0-9]{2}|xx)$/, 'must be a status such as 502, or 4xx or 5xx'), page)
    .optional(),
});
