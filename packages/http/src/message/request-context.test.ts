import { AbortScope, createExtensions } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { RequestContext } from './request-context.ts';

const reason = new Error('enough');

describe('RequestContext', () => {
  it('makes its store once, below the connection that the request came by', () => {
    const ingress = createExtensions('connection');
    const context = new RequestContext({ ingress });
    expect(context.extensions).toBe(context.extensions);
    expect(context.extensions.ingress).toBe(ingress);
    expect(new RequestContext({}).extensions.ingress).toBeUndefined();
  });

  it('follows the scope above it, and a signal', () => {
    const parent = new AbortScope();
    const below = new RequestContext({ parent });
    expect(below.scope).toBe(below.scope);
    parent.abort(reason);
    expect(below.scope.signal.reason).toBe(reason);

    const controller = new AbortController();
    const following = new RequestContext({ signal: controller.signal });
    const { signal } = following.scope;
    controller.abort(reason);
    expect(signal.reason).toBe(reason);
  });

  it('aborts its scope with the first reason, made already or not', () => {
    const asked = new RequestContext({});
    const { signal } = asked.scope;
    asked.abort({ reason });
    asked.abort({ reason: new Error('again') });
    expect(signal.reason).toBe(reason);

    const unasked = new RequestContext({});
    unasked.abort({ reason });
    unasked.abort({ reason: new Error('again') });
    expect(unasked.scope.signal.reason).toBe(reason);
  });

  it('asks for the reason when somebody looks at the scope', () => {
    let count = 0;
    const cause = {
      get reason() {
        count++;
        return reason;
      },
    };
    const context = new RequestContext({});
    context.abort(cause);
    expect(count).toBe(0);
    expect(context.scope.signal.reason).toBe(reason);
    expect(count).toBe(1);
  });

  it('hears nothing from above once it is closed, whenever its scope is asked for', () => {
    const parent = new AbortScope();
    const asked = new RequestContext({ parent });
    const { scope } = asked;
    asked.close();
    const unasked = new RequestContext({ parent });
    unasked.close();
    expect(unasked.scope.signal.aborted).toBe(false);
    parent.abort(reason);
    const late = new RequestContext({ parent });
    late.close();
    expect([scope, unasked.scope, late.scope].map(({ signal }) => signal.aborted)).toEqual([false, false, false]);
  });

  it('tells the reason that it was aborted with, though all above is aborted when somebody asks', () => {
    const parent = new AbortScope();
    const context = new RequestContext({ parent });
    context.abort({ reason });
    parent.abort(new Error('later'));
    expect(context.scope.signal.reason).toBe(reason);
  });
});
