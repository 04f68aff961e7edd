/** The page a shopper's bank would show for 3-D Secure. */
import type { Context } from '../context.ts';
import { completeChallenge } from '../processor/challenge.ts';
import { shownState } from '../processor/present.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { errorReply } from './reply.ts';
import type { Answer, Reply } from './reply.ts';
import type { Request } from './request.ts';

const notHere = errorReply(404, 'not_found', 'no_such_challenge', 'nothing to confirm here');

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *",
};

function page(content: string): Reply {
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

/** The amount comes as minor units and a three-letter code from our own rows: nothing to escape. */
function question(row: AuthorizationRow): Reply {
  const action = `/challenges/${row.id}`;
  return page(`<p>A shop asks for <strong>${String(row.amount)} ${row.currency}</strong>
(in minor units). No real money is involved.</p>
<form method="post" action="${action}/approve"><button id="approve">Approve</button></form>
<form method="post" action="${action}/reject"><button id="reject">Reject</button></form>`);
}

function sendBack(row: AuthorizationRow): Reply {
  if (row.return_url === null) return page('<p>Done. You may close this page.</p>');
  return { status: 303, headers: { location: row.return_url }, body: '' };
}

export async function answerChallenge(context: Context, request: Request): Promise<Answer> {
  const [, id = '', verdict] = request.segments;
  if (request.method === 'GET' && verdict === undefined) {
    const row = context.store.authorizations.find(id);
    if (row === undefined) return notHere;
    const isOpen = shownState(row, context.clock.now()).status === 'requires_action';
    return isOpen ? question(row) : sendBack(row);
  }
  if (request.method !== 'POST' || (verdict !== 'approve' && verdict !== 'reject')) return notHere;
  const row = await completeChallenge(context, id, verdict);
  return row === null ? notHere : sendBack(row);
}
