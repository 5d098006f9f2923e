import { deriveExtensionLayer, singleFlightLayer } from '@lamella/layers';
import type { ExtensionKey, ServiceInput } from '@lamella/service-core';
import { extensionKey, serviceFn, serviceInput, stack } from '@lamella/service-core';

interface Question {
  readonly user: string;
  readonly text: string;
}

const User: ExtensionKey<string, 'request'> = extensionKey('example/asking-user', { scope: 'request' });
const findUser = deriveExtensionLayer(User, (input: ServiceInput<Question>) => input.value.user);
const answer = serviceFn((input: ServiceInput<Question>) => `${input.value.text} of ${input.extensions.get(User)}`);

// Wrong: what makes two questions the same leaves out who asks.
const shared = stack(singleFlightLayer({ key: (input: ServiceInput<Question>) => input.value.text }), findUser, answer);
// Right: first find out who asks, then share among questions of one user.
const perUser = stack(
  findUser,
  singleFlightLayer({
    key: (input: ServiceInput<Question>) => JSON.stringify([input.extensions.get(User), input.value.text]),
  }),
  answer,
);

const questions = ['ann', 'bob'].map((user) => ({ user, text: 'orders' }));
console.log(await Promise.all(questions.map((question) => shared.serve(serviceInput(question)))));
console.log(await Promise.all(questions.map((question) => perUser.serve(serviceInput(question)))));
