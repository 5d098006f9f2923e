import { serviceFn } from '@lamella/service-core';

const shout = serviceFn((text: string) => `${text.toUpperCase()}!`);

console.log(await shout.serve('hello'));
