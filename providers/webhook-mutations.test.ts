/**
 * Forged, replayed, truncated and re-encoded events, for whatever provider there is: none is taken. Where a
 * provider signs fields and not bytes, what is taken must say exactly what was signed, and so be the same event.
 */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { Provider } from '../domain/provider.ts';
import { hmacKeyOf, signAdyenEvent } from '../sandbox/adyen/event.ts';
import { merchantAccount } from '../sandbox/adyen/present.ts';
import { stripeSignature } from '../sandbox/stripe/event.ts';
import { eventually, startTestSandbox, type TestSandbox } from '../sandbox/testing/client.ts';
import { startReceiver, type Receiver } from '../sandbox/testing/receiver.ts';
import { createRandom, type Random } from '../scripts/drill/random.ts';
import { anAuthorization, assertApproved } from './conformance/harness.ts';
import { createProviders } from './registry.ts';

const mutationsEach = 10_000;
const seed = process.env['TENDER_TEST_SEED'] ?? String(Date.now() % 1_000_000_000);
const secret = `whsec_${Buffer.from('a secret that is kept').toString('base64')}`;
const otherSecret = `whsec_${Buffer.from('a secret of another').toString('base64')}`;
/** Sign fields of the body, not its bytes, and no time. */
const signFields: readonly string[] = ['adyen'];

interface Sent {
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

let sandbox: TestSandbox;
let receiver: Receiver;
let providers: ReadonlyMap<string, Provider>;
const genuine = new Map<string, Sent>();

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret: secret });
  const url = (front: string): string => `${sandbox.url}/${front}`;
  providers = createProviders({
    sandboxUrl: sandbox.url,
    webhookSecret: secret,
    stripe: { secretKey: 'sk_test_sandbox', webhookSecrets: [secret], url: url('stripe') },
    adyen: {
      ...{ apiKey: 'key', merchantAccount, hmacKeys: [hmacKeyOf(secret)], mode: 'test' },
      ...{ livePrefix: undefined, url: url('adyen') },
    },
  });
  await sandbox.setFaults([{ fault: 'webhook_duplicate', rate: 1 }]);
  for (const [name, provider] of providers) {
    if (!provider.contract.methods.includes('card')) {
      // A bank takes days to tell of anything: what alder told, told by it.
      const told = withText(genuineOf('alder'), (text) => text.replace('"alder"', `"${name}"`));
      genuine.set(name, signed(told, secret, new Date()));
      continue;
    }
    // Adyen's stored cards are good for their shopper alone.
    const token = name === 'adyen' ? 'shopper/tok_visa' : 'tok_visa';
    assertApproved(await provider.authorize(anAuthorization(token)));
    const [event] = await eventually(
      () => receiver.received.filter(({ path }) => path === `/${name}`),
      (events) => events.length > 0,
    );
    if (event === undefined) throw new Error(`${name} tells nothing`);
    genuine.set(name, { raw: event.raw, headers: { ...event.headers } as Sent['headers'] });
  }
});

function genuineOf(name: string): Sent {
  const sent = genuine.get(name);
  if (sent === undefined) throw new Error(`${name} told nothing`);
  return sent;
}

afterAll(async () => {
  await sandbox.close();
  await receiver.close();
});

const signatureHeaders = [
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'stripe-signature',
] as const;

const withHeader = (sent: Sent, name: string, value: string | undefined): Sent => ({
  ...sent,
  headers: { ...sent.headers, [name]: value },
});
const withText = (sent: Sent, change: (text: string) => string): Sent => ({
  ...sent,
  raw: Buffer.from(change(sent.raw.toString('utf8'))),
});

/** Signed anew as its provider signs, with any secret, at any time, over any body. */
function signed(sent: Sent, key: string, at: Date, body = sent.raw.toString('utf8')): Sent {
  const raw = Buffer.from(body);
  const id = sent.headers['webhook-id'];
  if (id !== undefined) {
    const timestamp = String(Math.floor(at.getTime() / 1_000));
    const made = { 'webhook-timestamp': timestamp, 'webhook-signature': new Webhook(key).sign(id, at, body) };
    return { raw, headers: { ...sent.headers, ...made } };
  }
  if (sent.headers['stripe-signature'] !== undefined) {
    return { raw, headers: { ...sent.headers, 'stripe-signature': stripeSignature(key, at, body) } };
  }
  return { raw: Buffer.from(signAdyenEvent(key, body)), headers: sent.headers };
} // prettier-ignore

function present(sent: Sent): readonly [string, ...string[]] {
  const found = signatureHeaders.filter((name) => sent.headers[name] !== undefined);
  return [found[0] ?? 'content-type', ...found.slice(1)];
}

function spelledAnew(random: Random, value: string): string {
  const at = random.between(0, value.length - 1);
  const digit = /\d{9,}/.exec(value)?.[0] ?? '';
  return random.pick([
    value.toUpperCase(),
    value.toLowerCase(),
    `${value}x`,
    ` ${value}`,
    `${value},`,
    `${value}=`,
    value.replace(/=+$/, ''),
    value.replaceAll('+', '-').replaceAll('/', '_'),
    value.slice(0, at),
    value.slice(0, at) + String.fromCharCode(random.between(33, 126)) + value.slice(at + 1),
    value.replace(/v1/, 'v0'),
    value.replace(/v1/, 'V1'),
    ...[`+${digit}`, `0${digit}`, `${digit}.0`, `${digit}e0`, ` ${digit}`, `${digit}x`, String(Number(digit) + 1)].map(
      (one) => (digit === '' ? `${value} ` : value.replace(digit, one)),
    ),
  ]);
} // prettier-ignore

function reEncoded(random: Random, text: string): string {
  const json = JSON.parse(text) as Record<string, unknown>;
  const entries = Object.entries(json);
  const at = random.between(0, text.length - 1);
  const letter = text.search(/[a-z]/);
  return random.pick([
    JSON.stringify(json, null, random.between(1, 8)),
    JSON.stringify(Object.fromEntries(entries.toReversed())),
    JSON.stringify({ ...json, extra: random.between(0, 9) }),
    text.replace('{', `{"id":"evt_${String(random.between(0, 1e9))}",`),
    text.replace(/}$/, `,"id":"evt_${String(random.between(0, 1e9))}"}`),
    `\uFEFF${text}`,
    `${text}${random.pick([' ', '\n', '\r\n', '\t', '\0', '\u00a0', '\u200b'])}`,
    `${random.pick([' ', '\n', '\r\n', '\t'])}${text}`,
    text.slice(0, letter) + `\\u00${text.charCodeAt(letter).toString(16)}` + text.slice(letter + 1),
    text.replace('a', '\u0430'),
    text.replace(/":/, '" :'),
    text.replace(/,/, ', '),
    text.slice(0, at),
    text.slice(at),
    text + text,
    `[${text}]`,
    JSON.stringify(text),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64'),
    text.replaceAll(/\d+/g, (digits) => (random.chance(0.1) ? `${digits}0` : digits)),
    text.replace(/(att_|op_)[0-9a-f]{4}/, '$1ffff'),
  ]);
} // prettier-ignore

/** As somebody would who wants another of our payments to be believed. */
function otherReference(random: Random, text: string): string {
  const hex = random.between(0x1000, 0xffff).toString(16);
  return text.replaceAll(/(att_|op_)[0-9a-f]{4}/g, `$1${hex}`);
}

function damaged(random: Random, { raw, headers }: Sent): Sent {
  const at = random.between(0, raw.length - 1);
  const byte = random.between(1, 255);
  const changed = Buffer.from(raw);
  changed[at] = (changed[at] ?? 0) ^ byte;
  return {
    headers,
    raw: random.pick([
      changed,
      Buffer.concat([raw.subarray(0, at), Buffer.from([byte]), raw.subarray(at)]),
      Buffer.concat([raw.subarray(0, at), raw.subarray(at + 1)]),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), raw]),
      Buffer.from(raw.toString('utf8'), 'utf16le'),
      Buffer.alloc(0),
    ]),
  };
}

function mutate(random: Random, name: string, sent: Sent): Sent {
  const [header] = [random.pick(present(sent))];
  const others = [...genuine].filter(([other]) => other !== name).map(([, one]) => one);
  const other = others[random.between(0, others.length - 1)] ?? sent;
  const now = Date.now();
  const awayMs = random.between(310, 1_000_000) * 1_000 * (random.chance(0.5) ? 1 : -1);
  const dues = [
    () => damaged(random, sent),
    () => withText(sent, (text) => reEncoded(random, text)),
    () => withHeader(sent, header, spelledAnew(random, sent.headers[header] ?? '')),
    () => withHeader(sent, header, random.pick([undefined, '', ' ', 'v1,', 't=,v1=', 'null'])),
    () =>
      sent.headers['webhook-id'] === undefined
        ? damaged(random, sent)
        : withHeader(sent, 'webhook-id', `evt_${String(random.between(0, 1e9))}`),
    () => signed(sent, otherSecret, new Date(now)),
    () =>
      signed(sent, otherSecret, new Date(now), otherReference(random, sent.raw.toString('utf8'))),
    () => signed(sent, secret, new Date(now + awayMs)),
    () => ({ ...sent, raw: other.raw }),
    () => ({ ...sent, headers: other.headers }),
    () => other,
    () => withHeader(sent, header, createHmac('sha256', '').update(sent.raw).digest('base64')),
  ] as const;
  return (dues[random.between(0, dues.length - 1)] ?? dues[0])();
}

function isSame(a: Sent, b: Sent): boolean {
  return a.raw.equals(b.raw) && present(a).join() === present(b).join() &&
    signatureHeaders.every((name) => a.headers[name] === b.headers[name]);
} // prettier-ignore

/** What is signed of an event: which, about what, how much, and whether. */
function signedPart(provider: Provider, { raw, headers }: Sent): unknown {
  const event = provider.readWebhook(raw, headers);
  if (event === null) return null;
  const { outcome, kind } = event.claim ?? {};
  const money = outcome?.kind === 'approved' ? [String(outcome.amountMinor), outcome.currency] : [];
  return [event.eventId, event.type, event.reference, kind, outcome?.kind, ...money];
}

test('of 10,000 mutations for each provider none is taken for anything that was not signed', () => {
  const counts: string[] = [];
  const taken: string[] = [];
  for (const [name, provider] of providers) {
    const sent = genuineOf(name);
    const meant = signedPart(provider, sent);
    expect([name, meant]).toEqual([name, expect.any(Array)]);
    const random = createRandom(seed, name);
    let tried = 0;
    let [same, refused] = [0, 0];
    while (tried < mutationsEach) {
      const mutated = mutate(random, name, sent);
      if (isSame(mutated, sent)) continue;
      tried += 1;
      const read = signedPart(provider, mutated);
      if (read === null) {
        refused += 1;
        continue;
      }
      const harmless = signFields.includes(name) && JSON.stringify(read) === JSON.stringify(meant);
      if (harmless) same += 1;
      else taken.push(`${name}: ${JSON.stringify(mutated.headers)} ${mutated.raw.toString('latin1')}`);
    }
    counts.push(`${name}: ${tried} tried, ${refused} refused, ${same} the same event`);
  }
  process.stdout.write(`webhook mutations: TENDER_TEST_SEED=${seed}\n${counts.join('\n')}\n`);
  expect(taken.slice(0, 3)).toEqual([]);
}, 120_000); // prettier-ignore
