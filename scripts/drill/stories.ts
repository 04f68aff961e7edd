/** What shoppers and shops do, drawn from the seed: one story is one payment from start to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { paymentIdOf } from './checkout.ts';
import type { Answer, Body, Checkout, Purpose } from './checkout.ts';
import { createRandom, split } from './random.ts';
import type { Random } from './random.ts';

export interface StoryTools {
  readonly checkout: Checkout;
  readonly seed: number;
  /** Nothing new is asked after it. */
  readonly endAt: number;
  /** Told apart from other runs and stories, so that one reference is one payment. */
  readonly run: string;
}

interface Scene extends StoryTools {
  readonly number: number;
  readonly random: Random;
  readonly amount: number;
}

type Plot = (scene: Scene) => Promise<void>;

const plots: readonly { readonly plot: Plot; readonly weight: number }[] = [
  { plot: saleAndRefunds, weight: 30 },
  { plot: capturesAndRefunds, weight: 30 },
  { plot: cancelTheRest, weight: 12 },
  { plot: cancelAtOnce, weight: 10 },
  { plot: declinedThenAgain, weight: 8 },
  { plot: everythingTwice, weight: 10 },
];

export async function tellStory(tools: StoryTools, number: number): Promise<void> {
  const random = createRandom(tools.seed, 'story', number);
  const scene = { ...tools, number, random, amount: random.between(200, 50_000) };
  const total = plots.reduce((sum, { weight }) => sum + weight, 0);
  let drawn = random.next() * total;
  const chosen = plots.find(({ weight }) => (drawn -= weight) < 0);
  await (chosen?.plot ?? saleAndRefunds)(scene);
}

export function referenceOf(run: string, number: number): string {
  return `${run}-${number}`;
}

interface Step {
  readonly purpose: Purpose;
  /** Told apart from the other steps of its story. */
  readonly name: string;
  readonly path: string;
  readonly body: Body;
}

/** Some shoppers do not wait: the first try is given up early and repeated. */
async function ask(scene: Scene, step: Step): Promise<Answer | undefined> {
  const { checkout, random } = scene;
  if (performance.now() > scene.endAt) return undefined;
  const asked = checkout.prepare({
    purpose: step.purpose,
    story: scene.number,
    key: `${referenceOf(scene.run, scene.number)}-${step.name}`,
    path: step.path,
    body: step.body,
  });
  return checkout.send(asked, {
    firstTimeoutMs: random.chance(0.1) ? random.between(5, 150) : undefined,
  });
}

/** In doubt is a state that ends: the shop asks again later, as a new request. */
async function askPatiently(scene: Scene, step: Step): Promise<Answer | undefined> {
  let answer: Answer | undefined;
  for (let round = 0; round < 5; round += 1) {
    answer = await ask(scene, { ...step, name: `${step.name}.${round}` });
    if (answer?.status !== 409 || answer.body['code'] !== 'payment_in_doubt') return answer;
    await sleep(800);
  }
  return answer;
}

/** All three providers take part; one token is refused at the first and fails over. */
function paymentMethod(random: Random): Body {
  const drawn = random.next();
  if (drawn < 0.45) return { type: 'card', token: 'tok_visa' };
  if (drawn < 0.68) return { type: 'card', tokens: { birch: 'tok_mastercard' } };
  if (drawn < 0.9) return { type: 'card', tokens: { cedar: 'tok_visa' } };
  return { type: 'card', token: 'tok_refused_connection' };
}

function createStep(scene: Scene, method: 'automatic' | 'manual', card?: Body): Step {
  return {
    purpose: 'create',
    name: 'create',
    path: '/v1/payments',
    body: {
      amount: scene.amount,
      currency: scene.random.pick(['EUR', 'USD', 'JPY']),
      capture_method: method,
      payment_method: card ?? paymentMethod(scene.random),
      merchant_reference: referenceOf(scene.run, scene.number),
    },
  };
}

/** The path of the payment once it is made. */
async function create(
  scene: Scene,
  method: 'automatic' | 'manual',
  card?: Body,
): Promise<{ readonly path: string; readonly answer: Answer } | undefined> {
  const answer = await ask(scene, createStep(scene, method, card));
  const id = answer && paymentIdOf(answer);
  if (answer === undefined || id === undefined) return undefined;
  return { path: `/v1/payments/${id}`, answer };
}

function captureStep(path: string, name: string, amount: number, final: boolean): Step {
  return { purpose: 'capture', name, path: `${path}/captures`, body: { amount, final } };
}

function refundStep(path: string, name: string, amount: number): Step {
  return { purpose: 'refund', name, path: `${path}/refunds`, body: { amount, reason: 'returned' } };
}

function cancelStep(path: string, name: string): Step {
  return { purpose: 'cancel', name, path: `${path}/cancel`, body: { reason: 'changed_mind' } };
}

/** Of what was captured some comes back, in up to three parts; rarely one part too many is asked. */
async function refundSome(scene: Scene, path: string, captured: number): Promise<void> {
  const { random } = scene;
  if (captured <= 0 || random.chance(0.4)) return;
  const total = random.chance(0.4) ? captured : random.between(1, captured);
  const parts = split(random, total, random.pick([1, 1, 2, 3]));
  for (const [index, part] of parts.entries()) {
    await askPatiently(scene, refundStep(path, `refund-${index}`, part));
  }
  if (random.chance(0.1)) await askPatiently(scene, refundStep(path, 'refund-more', captured));
}

async function saleAndRefunds(scene: Scene): Promise<void> {
  const made = await create(scene, 'automatic');
  if (made?.answer.status === 201) await refundSome(scene, made.path, scene.amount);
}

async function captureParts(scene: Scene, path: string, total: number): Promise<number> {
  const parts = split(scene.random, total, scene.random.pick([1, 1, 2, 3]));
  let captured = 0;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const answer = await askPatiently(scene, captureStep(path, `capture-${index}`, part, isLast));
    if (answer?.status === 201) captured += part;
  }
  return captured;
}

async function capturesAndRefunds(scene: Scene): Promise<void> {
  const made = await create(scene, 'manual');
  if (made?.answer.status !== 201) return;
  const { random, amount } = scene;
  const total = random.chance(0.6) ? amount : random.between(1, amount);
  await refundSome(scene, made.path, await captureParts(scene, made.path, total));
}

async function cancelTheRest(scene: Scene): Promise<void> {
  const made = await create(scene, 'manual');
  if (made?.answer.status !== 201) return;
  const { random, amount } = scene;
  let captured = 0;
  if (random.chance(0.5)) {
    const part = random.between(1, amount - 1);
    const answer = await askPatiently(scene, captureStep(made.path, 'capture', part, false));
    if (answer?.status === 201) captured = part;
  }
  await askPatiently(scene, cancelStep(made.path, 'cancel'));
  await refundSome(scene, made.path, captured);
}

/** The shopper leaves while the payment is on its way: the cancel meets any state there is. */
async function cancelAtOnce(scene: Scene): Promise<void> {
  const { checkout, random } = scene;
  const method = random.pick(['automatic', 'manual'] as const);
  const step = createStep(scene, method);
  const key = `${referenceOf(scene.run, scene.number)}-${step.name}`;
  const asked = checkout.prepare({ ...step, story: scene.number, key });
  const first = checkout.send(asked);
  // The id is only known from an answer, so this one asks for it under the same key.
  const id = await firstKnownId(scene, asked);
  if (id !== undefined) {
    const path = `/v1/payments/${id}`;
    await Promise.all([
      ask(scene, cancelStep(path, 'cancel')),
      ...(random.chance(0.3) ? [ask(scene, captureStep(path, 'capture', 1, false))] : []),
    ]);
  }
  await first;
}

async function firstKnownId(
  scene: Scene,
  asked: Parameters<Checkout['send']>[0],
): Promise<string | undefined> {
  // prettier-ignore
  const known = await scene.checkout.peek(asked);
  return known && paymentIdOf(known);
}

async function declinedThenAgain(scene: Scene): Promise<void> {
  const { random } = scene;
  const token = random.pick(['tok_declined_insufficient_funds', 'tok_declined_do_not_honor']);
  const made = await create(scene, random.pick(['automatic', 'manual']), { type: 'card', token });
  if (made === undefined || random.chance(0.4)) return;
  await ask(scene, {
    purpose: 'attempt',
    name: 'again',
    path: `${made.path}/attempts`,
    body: { payment_method: paymentMethod(random) },
  });
}

/** Two windows of one shopper under one key; then two clerks who capture and refund all of it at once. */
async function everythingTwice(scene: Scene): Promise<void> {
  const { checkout, amount } = scene;
  const step = createStep(scene, 'manual');
  const key = `${referenceOf(scene.run, scene.number)}-${step.name}`;
  const asked = checkout.prepare({ ...step, story: scene.number, key });
  const [answer] = await Promise.all([checkout.send(asked), checkout.send(asked)]);
  const id = answer && paymentIdOf(answer);
  if (answer?.status !== 201 || id === undefined) return;
  const path = `/v1/payments/${id}`;
  await Promise.all([
    askPatiently(scene, captureStep(path, 'capture-a', amount, true)),
    askPatiently(scene, captureStep(path, 'capture-b', amount, true)),
  ]);
  await Promise.all([
    askPatiently(scene, refundStep(path, 'refund-a', amount)),
    askPatiently(scene, refundStep(path, 'refund-b', amount)),
  ]);
}
