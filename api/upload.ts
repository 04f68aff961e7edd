/**
 * A file in a form (`multipart/form-data`): to disk as it comes, hashed on the way, so that neither its size nor
 * a caller who breaks off costs anything but the disk it is on, and that only until the request ends.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { Request } from 'express';
import { fileBytesMax } from '../domain/settlement-file.ts';
import { HttpError } from './http-errors.ts';

const limits = { fields: 8, fieldSize: 1_024, files: 1, parts: 9, fileSize: fileBytesMax };

export interface UploadedFile {
  /** As the caller names it; null: not at all. */
  readonly fileName: string | null;
  /** SHA-256 in hex. */
  readonly sha256: string;
  bytes(): AsyncIterable<Buffer>;
}

export interface Upload {
  readonly fields: Readonly<Record<string, string>>;
  readonly file: UploadedFile;
}

/** The file is gone from disk when `use` has ended, however. */
export async function withUpload<T>(
  request: Request,
  use: (upload: Upload) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tender-upload-'));
  try {
    return await use(await receive(request, join(folder, 'file')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function fieldError(name: string, detail: string): HttpError {
  return new HttpError('invalid_request', 'A field of the form is invalid.', {
    errors: [{ pointer: `/${name}`, detail }],
  });
}

async function receive(request: Request, path: string): Promise<Upload> {
  const form = openForm(request);
  const fields: Record<string, string> = {};
  let file: Promise<Omit<UploadedFile, 'bytes'>> | undefined;
  let wrong: HttpError | undefined;
  form.on('field', (name, value, isNameCut, isValueCut) => {
    if (isNameCut || isValueCut) wrong ??= fieldError(name, 'is too long');
    else if (Object.hasOwn(fields, name)) wrong ??= fieldError(name, 'must be given once');
    else fields[name] = value;
  });
  form.on('file', (name, stream, fileName) => {
    if (name !== 'file') wrong ??= fieldError(name, 'is not a field that holds a file');
    file = keep(stream, path, fileName);
    // Awaited only once all of the form is there.
    file.catch(() => undefined);
  });
  for (const limit of ['fieldsLimit', 'filesLimit', 'partsLimit'] as const) {
    form.on(limit, () => {
      wrong ??= new HttpError('invalid_request', 'The form has more fields than there are.');
    });
  }
  await pipeline(request, form).catch((cause: unknown) => {
    throw new HttpError('malformed_request', 'The form could not be read to its end.', { cause });
  });
  if (wrong !== undefined) throw wrong;
  if (file === undefined) throw fieldError('file', 'is required');
  return { fields, file: { ...(await file), bytes: () => createReadStream(path) } };
}

function openForm(request: Request): InstanceType<typeof Busboy> {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new HttpError('unsupported_media_type', 'Send Content-Type: multipart/form-data.');
  }
  try {
    return new Busboy({ headers: request.headers as BusboyHeaders, limits });
  } catch (cause) {
    throw new HttpError('malformed_request', 'The form has no boundary.', { cause });
  }
}

async function keep(
  stream: Readable & { readonly truncated?: boolean },
  path: string,
  name: string | undefined,
): Promise<Omit<UploadedFile, 'bytes'>> {
  const hash = createHash('sha256');
  stream.on('data', (piece: Buffer) => hash.update(piece));
  await pipeline(stream, createWriteStream(path, { mode: 0o600, flags: 'wx' }));
  if (stream.truncated === true) {
    const mib = String(fileBytesMax / 1_024 ** 2);
    throw new HttpError('body_too_large', `A file may have at most ${mib} MiB.`);
  }
  const fileName = name === undefined || name === '' ? null : name.slice(0, 255);
  return { fileName, sha256: hash.digest('hex') };
}
