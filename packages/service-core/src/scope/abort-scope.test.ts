import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { mockService } from '../testing/mock-service.ts';
import { testInput } from '../testing/test-input.ts';
import { AbortScope } from './abort-scope.ts';
import { abortScope } from './input-scope.ts';
import { serviceInput } from './service-input.ts';

describe('AbortScope', () => {
  it('aborts everything below it with the same reason', () => {
    const root = new AbortScope();
    const child = new AbortScope(root);
    const grandchild = new AbortScope(child);
    const sibling = new AbortScope(root);
    const reason = new Error('gone');

    child.abort(reason);

    expect(grandchild.aborted).toBe(true);
    expect(grandchild.reason).toBe(reason);
    expect(root.aborted).toBe(false);
    expect(sibling.aborted).toBe(false);
  });

  it('keeps the first reason and tells each listener once', () => {
    const scope = new AbortScope();
    const heard: unknown[] = [];
    scope.onAbort((reason) => heard.push(reason));
    scope.abort('first');
    scope.abort('second');
    expect(scope.reason).toBe('first');
    expect(heard).toEqual(['first']);
  });

  it('makes an AbortError when no reason is given', () => {
    const scope = new AbortScope();
    scope.abort();
    expect(scope.reason).toMatchObject({ name: 'AbortError' });
  });

  it('is born aborted below an aborted scope, and tells a late listener at once', () => {
    const root = new AbortScope();
    root.abort('over');
    const heard: unknown[] = [];
    const child = new AbortScope(root);
    child.onAbort((reason) => heard.push(reason));
    expect(child.reason).toBe('over');
    expect(heard).toEqual(['over']);
    expect(() => child.throwIfAborted()).toThrow('over');
  });

  it('hears nothing from above once it is closed', () => {
    const root = new AbortScope();
    const child = new AbortScope(root);
    const { signal } = child;
    child.close();
    root.abort('late');
    expect(child.aborted).toBe(false);
    expect(signal.aborted).toBe(false);
  });

  it('stays in the tree after its close as long as something below it listens', () => {
    const controller = new AbortController();
    const root = AbortScope.following(controller.signal);
    const call = new AbortScope(root);
    const heard: unknown[] = [];
    const body = call.onAbort((reason) => heard.push(reason));
    call.close();
    expect(listenersOf(controller.signal)).toBe(1);
    body.close();
    expect(listenersOf(controller.signal)).toBe(0);

    const second = new AbortScope(root);
    second.onAbort((reason) => heard.push(reason));
    second.close();
    controller.abort('while the body streams');
    expect(heard).toEqual(['while the body streams']);
  });

  it('does not call a listener that was closed', () => {
    const scope = new AbortScope();
    const heard: string[] = [];
    const kept = scope.onAbort(() => heard.push('kept'));
    const closed = scope.onAbort(() => heard.push('closed'));
    closed.close();
    closed.close();
    scope.abort();
    kept.close();
    expect(heard).toEqual(['kept']);
  });

  it('tells all listeners even if one throws, and then throws that error', () => {
    const scope = new AbortScope();
    const heard: string[] = [];
    scope.onAbort(() => heard.push('a'));
    scope.onAbort(() => {
      throw new Error('broken listener');
    });
    scope.onAbort(() => heard.push('b'));
    expect(() => scope.abort()).toThrow('broken listener');
    expect(heard.sort()).toEqual(['a', 'b']);
  });

  it('survives listeners that close each other and attach more while it aborts', () => {
    const scope = new AbortScope();
    const heard: string[] = [];
    const first = scope.onAbort(() => heard.push('first'));
    scope.onAbort(() => {
      first.close();
      scope.onAbort(() => heard.push('attached during abort'));
    });
    scope.abort();
    expect(heard).toEqual(['attached during abort']);
  });

  it('unlinks from any place in the list', () => {
    for (const removed of [0, 1, 2]) {
      const scope = new AbortScope();
      const heard: number[] = [];
      const listeners = [0, 1, 2].map((index) => scope.onAbort(() => heard.push(index)));
      listeners[removed]?.close();
      scope.abort();
      expect(heard.sort()).toEqual([0, 1, 2].filter((index) => index !== removed));
    }
  });

  it('makes its signal late, already aborted if need be', () => {
    const scope = new AbortScope();
    scope.abort('why');
    expect(scope.signal.aborted).toBe(true);
    expect(scope.signal.reason).toBe('why');

    const other = new AbortScope();
    const { signal } = other;
    expect(other.signal).toBe(signal);
    other.abort('later');
    expect(signal.reason).toBe('later');
  });
});

describe('a scope that follows an AbortSignal', () => {
  it('listens to the signal only while somebody listens to it', () => {
    const controller = new AbortController();
    const scope = AbortScope.following(controller.signal);
    expect(listenersOf(controller.signal)).toBe(0);

    const one = scope.onAbort(() => {});
    const child = new AbortScope(scope);
    expect(listenersOf(controller.signal)).toBe(1);

    one.close();
    expect(listenersOf(controller.signal)).toBe(1);
    child.close();
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('aborts with the reason of the signal, also if that came earlier', () => {
    const controller = new AbortController();
    const early = AbortScope.following(controller.signal);
    const heard: unknown[] = [];
    early.onAbort((reason) => heard.push(reason));
    const reason = new Error('user left');
    controller.abort(reason);

    expect(heard).toEqual([reason]);
    expect(early.reason).toBe(reason);
    expect(early.signal).toMatchObject({ aborted: true, reason });

    const late = AbortScope.following(controller.signal);
    expect(late.aborted).toBe(true);
    expect(late.reason).toBe(reason);
    expect(new AbortScope(late).reason).toBe(reason);
  });

  it('shows both its own abort and the foreign one on its signal', () => {
    const own = AbortScope.following(new AbortController().signal);
    const { signal: ownSignal } = own;
    own.abort('own');
    expect(ownSignal.reason).toBe('own');
    expect(own.signal).toBe(ownSignal);

    const controller = new AbortController();
    const foreign = AbortScope.following(controller.signal);
    const { signal } = foreign;
    expect(listenersOf(controller.signal)).toBe(0);
    controller.abort('foreign');
    expect(signal.reason).toBe('foreign');
    expect(foreign.reason).toBe('foreign');
  });

  it('leaves no listener on one signal after 10,000 calls that used it', async () => {
    const controller = new AbortController();
    for (let call = 0; call < 10_000; call++) {
      const input = serviceInput(call, { signal: controller.signal });
      const scope = abortScope(input);
      await scope.race(Promise.resolve(call));
      scope.close();
    }
    expect(listenersOf(controller.signal)).toBe(0);
  });
});

describe('race', () => {
  it('settles like the work', async () => {
    const scope = new AbortScope();
    await expect(scope.race(Promise.resolve(1))).resolves.toBe(1);
    await expect(scope.race(Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('rejects with the reason, and observes the late rejection of the work', async () => {
    const scope = new AbortScope();
    const work = Promise.withResolvers<number>();
    const raced = scope.race(work.promise);
    scope.abort('enough');
    await expect(raced).rejects.toBe('enough');
    work.reject(new Error('late')); // an unhandled rejection would fail the run
    await Promise.resolve();
  });

  it('rejects at once when the scope is aborted already', async () => {
    const scope = new AbortScope();
    scope.abort('before');
    await expect(scope.race(new Promise(() => {}))).rejects.toBe('before');
  });

  it.each(['dispose', 'asyncDispose'] as const)('disposes a value that comes too late (%s)', async (kind) => {
    const scope = new AbortScope();
    const work = Promise.withResolvers<object>();
    const raced = scope.race(work.promise);
    scope.abort('enough');
    await expect(raced).rejects.toBe('enough');

    let disposed = 0;
    const dispose = (): void => {
      disposed++;
      throw new Error('a failing cleanup stays unheard');
    };
    work.resolve(kind === 'dispose' ? { [Symbol.dispose]: dispose } : { [Symbol.asyncDispose]: async () => dispose() });
    await work.promise;
    expect(disposed).toBe(1);
  });
});

describe('inputs', () => {
  it('gives the inner service a narrower scope that shares the store', async () => {
    const inner = mockService<ReturnType<typeof testInput<string>>, string>();
    const input = testInput('ping');
    const scope = abortScope(input);
    void inner.serve(scope.input);
    const call = await inner.nextCall();

    scope.abort('inner only');
    expect(call.input.value).toBe('ping');
    expect(call.input.signal.reason).toBe('inner only');
    expect(input.scope.aborted).toBe(false);
    expect(call.input.extensions).toBe(input.extensions);
  });

  it('forks onto a foreign signal', () => {
    const controller = new AbortController();
    const input = serviceInput('x');
    const forked = input.fork({ signal: controller.signal });
    controller.abort('foreign');
    expect(forked.scope.reason).toBe('foreign');
    expect(input.scope.aborted).toBe(false);
    expect(input.fork({}).scope).toBe(input.scope);
  });
});

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}
