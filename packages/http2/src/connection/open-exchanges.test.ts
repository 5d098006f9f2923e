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
