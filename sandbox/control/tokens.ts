import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { magicTokens, readBehaviour, readCard } from '../cards.ts';
import type { Behaviour, Card } from '../cards.ts';
import type { Context } from '../context.ts';
import { errorReply, invalidRequest, jsonReply } from '../http/reply.ts';
import type { Reply } from '../http/reply.ts';
import { readBody } from '../http/request.ts';
import type { Request } from '../http/request.ts';
import type { Store } from '../store/store.ts';

const digits = (pattern: RegExp): z.ZodType<string> =>
  z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(pattern));

const cardSchema = z.object({
  number: digits(/^[\d -]{12,30}$/),
  exp_month: digits(/^(0?[1-9]|1[0-2])$/),
  exp_year: digits(/^(20)?\d\d$/),
  cvc: digits(/^\d{3,4}$/),
});

/** Called by browsers on any shop's page, so any origin may. */
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '600',
};

function withCors(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, ...cors } };
}

/** Null: a token we never issued. */
export function findBehaviour(store: Store, token: string): Behaviour | null {
  if (Object.hasOwn(magicTokens, token)) return magicTokens[token]?.behaviour ?? null;
  return readBehaviour(store.tokens.find(token)?.behaviour);
}

/** What a provider tells of the card behind a token. */
export function findCard(store: Store, token: string): Pick<Card, 'brand' | 'last4'> | null {
  const card = Object.hasOwn(magicTokens, token) ? magicTokens[token] : store.tokens.find(token);
  return card === undefined ? null : { brand: card.brand, last4: card.last4 };
}

/** A card is good to the end of its month. */
function hasExpired(month: string, year: string, now: number): boolean {
  const fullYear = (Number(year) % 100) + 2_000;
  return Date.UTC(fullYear, Number(month), 1) <= now;
}

function issueToken(context: Context, request: Request): Reply {
  const read = readBody(cardSchema, request);
  if (!read.ok) return read.reply;
  const { number, exp_month: month, exp_year: year } = read.value;
  const card = readCard(number);
  if (card === null) return invalidRequest('number: not a card number', 'invalid_number');
  if (hasExpired(month, year, context.clock.now())) {
    return invalidRequest('exp_year: the card has expired', 'card_expired');
  }
  const token = `tok_${randomBytes(12).toString('hex')}`;
  context.store.tokens.insert({ token, ...card });
  return jsonReply(200, { token, brand: card.brand, last4: card.last4 });
}

function describeToken(context: Context, token: string): Reply {
  const card = Object.hasOwn(magicTokens, token)
    ? magicTokens[token]
    : context.store.tokens.find(token);
  if (card === undefined) return errorReply(404, 'not_found', 'no_such_token', 'never issued');
  return jsonReply(200, { token, brand: card.brand, last4: card.last4 });
}

export function answerTokens(context: Context, request: Request): Reply | null {
  const [, token] = request.segments;
  if (request.method === 'OPTIONS') return { status: 204, headers: cors, body: '' };
  if (request.method === 'GET' && token !== undefined) {
    return withCors(describeToken(context, token));
  }
  if (request.method === 'POST' && token === undefined) {
    return withCors(issueToken(context, request));
  }
  return null;
}
