/** What nobody is to learn who tests cards: answers to shoppers and to strangers, looked through. */
import type { Service } from './service.ts';
import type { Asked } from './day.ts';

/** Of issuers and of risk; none belongs into what is shown to a shopper, or told to somebody unknown. */
const telling =
  /risk|fraud|issuer|insufficient|honou?r|declin|stolen|test|block|velocity|attack|attempts|detect|score|list|rule|device|address|provider|\b3-?d\b/i;

type Body = Readonly<Record<string, unknown>>;

/** Each complaint once. `blocked`: how many answers of blocked payments were read. */
export async function lookForLeaks(
  { api, keys }: Service,
  asked: readonly Asked[],
): Promise<{
  readonly blocked: number;
  readonly strangers: number;
  readonly leaks: readonly string[];
}> {
  // prettier-ignore
  const stopped = asked.filter(({ status }) => status === 'blocked');
  const leaks = new Set<string>();
  for (const { answer } of stopped) {
    const payment = (answer.body['payment'] ?? answer.body) as Body;
    const { shopper } = payment['message'] as { readonly shopper: string };
    if (telling.test(shopper)) leaks.add(`a blocked shopper is told: ${shopper}`);
  }
  const refused = asked.filter(({ status }) => status === 'requires_payment_method');
  for (const { answer } of refused) {
    const payment = (answer.body['payment'] ?? answer.body) as Body;
    const { shopper } = payment['message'] as { readonly shopper: string };
    if (telling.test(shopper)) leaks.add(`a declined shopper is told: ${shopper}`);
  }
  let strangers = 0;
  for (const { ask, paymentId, answer } of [...stopped.slice(0, 3), ...refused.slice(0, 3)]) {
    const other = keys[(ask.merchant + 1) % keys.length] ?? null;
    const known = answer.headers.get('location') ?? `/v1/payments/${paymentId}`;
    for (const [who, path, key] of [
      ['without a key', known, null],
      ['without a key', `${known}/timeline`, null],
      ['with a wrong key', known, `tk_test_${'0'.repeat(40)}`],
      ["with another merchant's key", known, other],
      ['at the page of returns', `/return/${paymentId}`, null],
    ] as const) {
      const heard = await api.call(path, { key });
      strangers += 1;
      const text = heard.text.replaceAll(paymentId, '').replaceAll(/"type":"[^"]*"/g, '');
      if (heard.status < 400 || telling.test(text)) {
        leaks.add(`a stranger ${who} is told ${String(heard.status)} ${text.slice(0, 200)}`);
      }
    }
  }
  return { blocked: stopped.length, strangers, leaks: [...leaks] };
}
