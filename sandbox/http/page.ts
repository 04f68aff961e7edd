/** A page that a shopper's bank would show. */
import { errorReply } from './reply.ts';
import type { Reply } from './reply.ts';

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *",
};

export const pageNotHere = errorReply(
  404,
  'not_found',
  'no_such_challenge',
  'nothing to confirm here',
);

/** `content` is trusted: made of our own rows. */
export function page(content: string): Reply {
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox bank: confirm a payment</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 24rem; padding: 1rem }
  form { display: inline }
  button { font: inherit; padding: .5rem 1.25rem; margin-right: .5rem }
</style>
<h1>Sandbox bank</h1>
${content}
</html>
`;
  return { status: 200, headers, body };
}
