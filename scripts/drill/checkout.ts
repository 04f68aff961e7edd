/**
 * A caller as a checkout must be: every request has an idempotency key, and as long as there is no
 * clear answer the same request is sent again under the same key. What it was told is kept, because
 * the promises are about that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

export type Purpose = 'create' | 'attempt' | 'capture' | 'cancel' | 'refund';
export type Body = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly isReplay: boolean;
}

/** One request under one key, and everything that was ever answered to it. */
export interface Asked {
  readonly purpose: Purpose;
  readonly story: number;
  readonly key: string;
  readonly path: string;
  readonly body: Body;
  sends: number;
  /** Any 2xx, 402 or 409 was received: from here on it may not be lost. */
  accepted: Answer | undefined;
  /** The first answer that is not a 202. Every later one must equal it. */
  clear: Answer | undefined;
  readonly contradictions: string[];
}

export interface Tally {
  disconnected: number;
  unavailable: number;
  /** 5xx other than 503, and 4xx that no request of ours deserves. */
  readonly wrong: string[];
  /** When a new key got its first clear answer. */
  readonly answeredAt: number[];
}

export interface Checkout {
  readonly asked: readonly Asked[];
  readonly tally: Tally;
  readonly prepare: (request: Pick<Asked, 'purpose' | 'story' | 'key' | 'path' | 'body'>) => Asked;
  /** Until it is clear, or patience ends (undefined). */
  readonly send: (asked: Asked, options?: SendOptions) => Promise<Answer | undefined>;
  /** The first answer of any kind, without waiting for a clear one. */
  readonly peek: (asked: Asked) => Promise<Answer | undefined>;
}

/** The longest time in which nobody got a new clear answer. */
export function longestSilenceMs({ answeredAt }: Tally, from: number, to: number): number {
  const within = answeredAt.filter((at) => at > from && at < to);
  const edges = [from, ...within, to];
  return Math.round(Math.max(...edges.slice(1).map((at, index) => at - (edges[index] ?? at))));
}

export interface SendOptions {
  /** Of the first try only: a shopper who reloads the page at once. */
  readonly firstTimeoutMs?: number | undefined;
  readonly patienceMs?: number | undefined;
}

const waitSeconds = 5;
const timeoutMs = 8_000;
const patienceMsDefault = 25_000;
const pauseMs = 150;
const clearStatuses: readonly number[] = [200, 201, 402, 409];

export function createCheckout(api: { readonly url: string; readonly key: string }): Checkout {
  const all: Asked[] = [];
  const tally: Tally = { disconnected: 0, unavailable: 0, wrong: [], answeredAt: [] };

  async function post(
    asked: Asked,
    limitMs: number,
    wait = waitSeconds,
  ): Promise<Answer | undefined> {
    asked.sends += 1;
    try {
      const response = await fetch(api.url + asked.path, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${api.key}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': asked.key,
          Prefer: `wait=${wait}`,
        },
        body: JSON.stringify(asked.body),
        signal: AbortSignal.timeout(limitMs),
      });
      const body = JSON.parse(await response.text()) as Body;
      const isReplay = response.headers.get('Idempotent-Replayed') === 'true';
      return { status: response.status, body, isReplay };
    } catch {
      // Refused, reset, timed out, cut off in the middle: all say nothing about the payment.
      tally.disconnected += 1;
      return undefined;
    }
  }

  async function send(asked: Asked, options: SendOptions = {}): Promise<Answer | undefined> {
    const giveUpAt = performance.now() + (options.patienceMs ?? patienceMsDefault);
    for (let limitMs = options.firstTimeoutMs ?? timeoutMs; ; limitMs = timeoutMs) {
      const answer = await post(asked, limitMs);
      if (answer !== undefined && note(asked, answer, tally)) return answer;
      if (answer !== undefined && isRefusal(answer)) return undefined;
      if (performance.now() > giveUpAt) return undefined;
      await sleep(pauseMs);
    }
  }

  async function peek(asked: Asked): Promise<Answer | undefined> {
    const giveUpAt = performance.now() + patienceMsDefault;
    while (performance.now() < giveUpAt) {
      const answer = await post(asked, timeoutMs, 0);
      if (answer !== undefined) note(asked, answer, tally);
      if (asked.accepted !== undefined) return asked.accepted;
      await sleep(pauseMs);
    }
    return undefined;
  }

  return {
    asked: all,
    tally,
    prepare: (request) => {
      const asked = { ...request, sends: 0, accepted: undefined, clear: undefined, contradictions: [] }; // prettier-ignore
      all.push(asked);
      return asked;
    },
    send,
    peek,
  };
}

/** Repeating what is refused as a request would only be refused again. */
function isRefusal({ status }: Answer): boolean {
  return status >= 400 && status < 500 && status !== 429 && !clearStatuses.includes(status);
}

/** Whether the answer is clear. */
function note(asked: Asked, answer: Answer, tally: Tally): boolean {
  const { status } = answer;
  if (status === 503 || status === 429) {
    tally.unavailable += 1;
    return false;
  }
  if (status === 202) {
    asked.accepted ??= answer;
    if (asked.clear !== undefined) asked.contradictions.push(describeChange(asked.clear, answer));
    return false;
  }
  if (!clearStatuses.includes(status)) {
    tally.wrong.push(`${asked.purpose} ${asked.key}: ${status} ${JSON.stringify(answer.body)}`);
    return false;
  }
  asked.accepted ??= answer;
  if (asked.clear === undefined) tally.answeredAt.push(performance.now());
  asked.clear ??= answer;
  if (!isSameAnswer(asked.clear, answer)) {
    asked.contradictions.push(describeChange(asked.clear, answer));
  }
  return true;
}

/** Problems name the request they answer, and each repeat is a request of its own. */
function isSameAnswer(first: Answer, second: Answer): boolean {
  const own = { request_id: undefined };
  return (
    first.status === second.status &&
    isDeepStrictEqual({ ...first.body, ...own }, { ...second.body, ...own })
  );
}

function describeChange(first: Answer, second: Answer): string {
  return `first ${first.status} ${JSON.stringify(first.body)}, then ${second.status} ${JSON.stringify(second.body)}`;
}

/** Of the payment an answer is about, whichever shape it has. */
export function paymentIdOf({ body }: Answer): string | undefined {
  const inside = body['payment'];
  const held = typeof inside === 'object' && inside !== null ? (inside as Body) : body;
  const id = held['object'] === 'payment' ? held['id'] : held['payment_id'];
  return typeof id === 'string' ? id : undefined;
}

/** Sends every key once more: what was clear must be answered alike, what was not must be clear now. */
export async function replayAll(checkout: Checkout, callers: number): Promise<void> {
  const left = [...checkout.asked];
  const worker = async (): Promise<void> => {
    for (let asked = left.pop(); asked !== undefined; asked = left.pop()) {
      const wasClear = asked.clear !== undefined;
      const answer = await checkout.send(asked, { patienceMs: 5_000 });
      if (answer !== undefined && wasClear && !answer.isReplay) {
        asked.contradictions.push('a repeat of an answered key was not marked as one');
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, worker));
}
