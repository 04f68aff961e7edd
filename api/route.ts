/**
 * A route is its contract and its handler. The contract validates what comes in and is what
 * `/openapi.json` is generated from, so the two cannot drift apart. Handlers parse nothing, know no
 * Express and never catch: they get valid values and return a reply.
 */
import { z } from 'zod';
import { validate } from './field-errors.ts';
import type { CsvCell } from './csv.ts';
import type { ErrorCode } from './http-errors.ts';
import type { JsonValue } from './json/strict-json.ts';
import type { IdempotencyKey, Principal, Scope } from './ports.ts';
import type { Upload, UploadedFile } from './upload.ts';

type Shape = z.ZodObject;

export interface AnswerSpec {
  readonly description: string;
  readonly schema: z.ZodType;
}

interface CommonSpec<P extends Shape> {
  /** As in OpenAPI: `/v1/payments/{payment_id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  /** Any one of them is enough. */
  readonly scopes: readonly Scope[];
  /** Texts; ids are checked by `requireId`, since a bad one is 404. */
  readonly params?: P;
  readonly answers: Readonly<Record<number, AnswerSpec>>;
}

interface ReadSpec<P extends Shape, Q extends Shape> extends CommonSpec<P> {
  readonly query?: Q;
  /** Answers text/csv as well. */
  readonly csv?: true;
}

interface BodySpec<P extends Shape, B extends Shape> extends CommonSpec<P> {
  readonly body: B;
}

export interface ReadCall<P extends Shape, Q extends Shape> {
  readonly principal: Principal;
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  /** The caller asked for CSV; only routes that say so have it. */
  readonly asCsv: boolean;
}

export interface CommandCall<P extends Shape, B extends Shape> {
  readonly principal: Principal;
  readonly params: z.output<P>;
  readonly body: z.output<B>;
  readonly key: IdempotencyKey;
  readonly waitMs: number;
}

export interface QuestionCall<P extends Shape, B extends Shape> {
  readonly principal: Principal;
  readonly params: z.output<P>;
  readonly body: z.output<B>;
}

export interface ReplaceCall<P extends Shape, B extends Shape> extends QuestionCall<P, B> {
  /** The If-Match header as it came. */
  readonly ifMatch: string | undefined;
}

export interface UploadCall<B extends Shape> {
  readonly principal: Principal;
  readonly fields: z.output<B>;
  readonly file: UploadedFile;
  /** Its fingerprint is over the fields and the file's hash. */
  readonly key: IdempotencyKey;
}

export type Reply = ObjectReply | ProblemReply | CsvReply;

interface ObjectReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A no that belongs to the object, and so carries it; the status is the code's. */
interface ProblemReply {
  readonly problem: {
    readonly code: ErrorCode;
    readonly detail: string;
    readonly members: Readonly<Record<string, unknown>>;
  };
  readonly headers?: Readonly<Record<string, string>>;
}

/** Written row by row as it is read; what fails on the way breaks the connection off. */
interface CsvReply {
  readonly rows: AsyncIterable<readonly CsvCell[]> | Iterable<readonly CsvCell[]>;
}

/** What the pipeline in `mount.ts` has found out before the contract is applied. */
export interface Incoming {
  readonly principal: Principal;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: JsonValue;
  /** Read only by commands. */
  readonly key: () => IdempotencyKey;
  readonly waitMs: number;
  readonly asCsv: boolean;
  readonly ifMatch: string | undefined;
  /** Read only by uploads, which have no body else; `fingerprinted` is what their key is for. */
  readonly withUpload: (use: (upload: Upload) => Promise<Reply>) => Promise<Reply>;
  readonly keyFor: (fingerprinted: JsonValue) => IdempotencyKey;
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** The header that makes a repeat the same request. */
  readonly repeats: 'idempotency_key' | 'if_match' | 'always';
  readonly spec: CommonSpec<Shape> & {
    readonly query?: Shape;
    readonly body?: Shape;
    /** The fields beside the file. */
    readonly form?: Shape;
    readonly csv?: true;
  };
  answer(incoming: Incoming): Promise<Reply>;
}

const nothing: Shape = z.strictObject({});

export function readRoute<P extends Shape = Shape, Q extends Shape = Shape>(
  spec: ReadSpec<P, Q>,
  handle: (call: ReadCall<P, Q>) => Promise<Reply>,
): Route {
  return {
    method: 'get',
    repeats: 'always',
    spec,
    answer: ({ principal, params, query, asCsv }) =>
      handle({
        asCsv: asCsv && spec.csv === true,
        principal,
        params: validate(spec.params ?? nothing, params) as z.output<P>,
        query: validate(spec.query ?? nothing, query, '/query') as z.output<Q>,
      }),
  };
}

/** A POST that moves money or creates something: it needs an idempotency key, and may wait. */
export function commandRoute<P extends Shape = Shape, B extends Shape = Shape>(
  spec: BodySpec<P, B>,
  handle: (call: CommandCall<P, B>) => Promise<Reply>,
): Route {
  return {
    method: 'post',
    repeats: 'idempotency_key',
    spec,
    answer: ({ principal, params, query, body, key, waitMs }) => {
      validate(nothing, query, '/query');
      return handle({
        principal,
        params: validate(spec.params ?? nothing, params) as z.output<P>,
        // The key first: whoever lacks one learns so at the first call, not after fixing the body.
        key: key(),
        body: validate(spec.body, body),
        waitMs,
      });
    },
  };
}

/** A POST of a file in a form: it needs an idempotency key, whose fingerprint is the file's as well. */
export function uploadRoute<B extends Shape>(
  spec: CommonSpec<Shape> & { readonly form: B },
  handle: (call: UploadCall<B>) => Promise<Reply>,
): Route {
  return {
    method: 'post',
    repeats: 'idempotency_key',
    spec,
    answer: ({ principal, query, key, keyFor, withUpload }) => {
      validate(nothing, query, '/query');
      // Whoever lacks one learns so before anything is sent.
      key();
      return withUpload(({ fields, file }) => {
        const whole = { ...fields, file_sha256: file.sha256 };
        return handle({ principal, fields: validate(spec.form, fields), file, key: keyFor(whole) });
      });
    },
  };
}

/** A POST that changes nothing: a question too long for an address. */
export function questionRoute<P extends Shape = Shape, B extends Shape = Shape>(
  spec: BodySpec<P, B>,
  handle: (call: QuestionCall<P, B>) => Promise<Reply>,
): Route {
  return {
    method: 'post',
    repeats: 'always',
    spec,
    answer: ({ principal, params, query, body }) => {
      validate(nothing, query, '/query');
      return handle({
        principal,
        params: validate(spec.params ?? nothing, params) as z.output<P>,
        body: validate(spec.body, body),
      });
    },
  };
}

/** A PUT of a whole new version, after the one that was read. */
export function replaceRoute<P extends Shape = Shape, B extends Shape = Shape>(
  spec: BodySpec<P, B>,
  handle: (call: ReplaceCall<P, B>) => Promise<Reply>,
): Route {
  return {
    method: 'put',
    repeats: 'if_match',
    spec,
    answer: ({ principal, params, query, body, ifMatch }) => {
      validate(nothing, query, '/query');
      return handle({
        principal,
        params: validate(spec.params ?? nothing, params) as z.output<P>,
        body: validate(spec.body, body),
        ifMatch,
      });
    },
  };
}

/** A DELETE: what is gone stays gone, so a repeat is the same request. It says why in X-Reason. */
export function removeRoute<P extends Shape = Shape>(
  spec: CommonSpec<P>,
  handle: (call: Pick<QuestionCall<P, Shape>, 'principal' | 'params'>) => Promise<Reply>,
): Route {
  return {
    method: 'delete',
    repeats: 'always',
    spec,
    answer: ({ principal, params, query }) => {
      validate(nothing, query, '/query');
      return handle({
        principal,
        params: validate(spec.params ?? nothing, params) as z.output<P>,
      });
    },
  };
}
