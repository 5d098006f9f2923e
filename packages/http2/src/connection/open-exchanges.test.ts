import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenExchanges } from './open-exchanges.ts';

describe('OpenExchanges', () => {
  it('has those that were added and not taken out', () => {
    const [first, second, third] = [newOne('first'), newOne('second'), newOne('third')];
    const open = new OpenExchanges<One>();
    for (const one of [first, second, third]) open.add(one);
    expect(namesOf(open.all())).toEqual(['first', 'second', 'third']);

    open.delete(first);
    expect([open.size, namesOf(open.all())]).toEqual([2, ['second', 'third']]);
    open.delete(first); // has no effect
    open.delete(third);
    expect(namesOf(open.all())).toEqual(['second']);
    open.delete(third); // has no effect, though there is only one left
    open.add(first);
    open.add(third);
    open.delete(first);
    expect([open.size, namesOf(open.all()), first]).toEqual([2, ['second', 'third'], newOne('first')]);
    open.delete(second);
    open.delete(third);
    expect([open.size, open.all(), second, third]).toEqual([0, [], newOne('second'), newOne('third')]);
  });

  it('has what a Set has, in the same order, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { maxLength: 200, size: 'max' }), (steps) => {
        const all = Array.from({ length: 13 }, (_, index) => newOne(String(index)));
        const [open, model] = [new OpenExchanges<One>(), new Set<One>()];
        for (const step of steps) {
          const one = all[step] as One; // there are as many
          if (model.delete(one)) open.delete(one);
          else {
            open.delete(one); // has no effect
            open.add(one);
            model.add(one);
          }
          expect(open.size).toBe(model.size);
        }
        expect(namesOf(open.all())).toEqual(namesOf([...model]));
        for (const one of all) if (!model.has(one)) expect(one).toEqual(newOne(one.name));
      }),
    );
  });

  it('gives a list that stays as it is', () => {
    const only = newOne('only');
    const open = new OpenExchanges<One>();
    open.add(only);
    const all = open.all();
    open.delete(only);
    expect(namesOf(all)).toEqual(['only']);
  });
});

interface One {
  readonly name: string;
  previousOpen: One | undefined;
  nextOpen: One | undefined;
}

function newOne(name: string): One {
  return { name, previousOpen: undefined, nextOpen: undefined };
}

function namesOf(all: readonly One[]): string[] {
  return all.map(({ name }) => name);
}
