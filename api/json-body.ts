/** Reads a request's body as strict JSON, before anything else looks at it. */
import express, { type Request, type Response } from 'express';
import { findCardNumber } from './card-data.ts';
import { HttpError } from './http-errors.ts';
import { parseStrictJson, type JsonFault, type JsonValue } from './json/strict-json.ts';

export const bodyBytesMax = 64 * 1024;

const readAll = express.raw({ limit: bodyBytesMax, type: () => true, inflate: false });
const jsonType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

export async function readJsonBody(request: Request, response: Response): Promise<JsonValue> {
  return parseJsonBody(request, await readRawBody(request, response));
}

/**
 * To be called before anything is waited for: once the client's side of the connection has closed, the
 * parser takes the request for finished and reads nothing. A body that was announced and did not arrive
 * is refused, never taken for an absent one: `{ "amount": 100 }` must not become "all of it".
 */
export async function readRawBody(request: Request, response: Response): Promise<Buffer> {
  await readRaw(request, response);
  const raw: unknown = request.body;
  if (Buffer.isBuffer(raw)) return raw;
  const length = request.get('content-length') ?? '0';
  if (request.headers['transfer-encoding'] !== undefined || length !== '0') {
    throw new HttpError('malformed_request', 'The body did not arrive.');
  }
  return Buffer.alloc(0);
}

/** An absent body is an empty object: a command may need no more than its address. */
export function parseJsonBody(request: Request, raw: Buffer): JsonValue {
  if (raw.length === 0) return {};
  if (!jsonType.test(request.get('content-type') ?? '')) {
    throw new HttpError('unsupported_media_type', 'Send Content-Type: application/json in UTF-8.');
  }
  const parsed = parseStrictJson(decode(raw));
  if (!parsed.ok) throw faultError(parsed.fault);
  refuseCardData(parsed.value);
  return parsed.value;
}

function readRaw(request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    readAll(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(readError(error));
    });
  });
}

function readError(error: unknown): HttpError {
  const { type } = error as { type?: unknown };
  if (type === 'entity.too.large') {
    return new HttpError('body_too_large', `A body may have at most ${bodyBytesMax} bytes.`);
  }
  if (type === 'encoding.unsupported') {
    return new HttpError('unsupported_media_type', 'Send the body without Content-Encoding.');
  }
  return new HttpError('malformed_request', 'The body could not be read.', { cause: error });
}

function decode(raw: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch (cause) {
    throw new HttpError('malformed_json', 'The body is not UTF-8.', { cause });
  }
}

function faultError(fault: JsonFault): HttpError {
  if (fault.kind === 'syntax') return new HttpError('malformed_json', fault.detail);
  const { pointer, detail } = fault;
  return new HttpError('invalid_request', 'A field of the body is invalid.', {
    errors: [{ pointer, detail }],
  });
}

export function refuseCardData(value: JsonValue, prefix = ''): void {
  const pointer = findCardNumber(value, prefix);
  if (pointer === null) return;
  throw new HttpError('card_data_refused', 'A card number was found; send tokens only.', {
    errors: [{ pointer, detail: 'holds a card number' }],
  });
}
