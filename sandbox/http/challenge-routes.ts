/** The page a shopper's bank would show for 3-D Secure. */
import { keepVerdict } from '../adyen/details.ts';
import type { Context } from '../context.ts';
import { completeChallenge, isChallengeOpen } from '../processor/challenge.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { page, pageNotHere as notHere } from './page.ts';
import type { Answer, Reply } from './reply.ts';
import type { Request } from './request.ts';

/** The amount comes as minor units and a three-letter code from our own rows: nothing to escape. */
function question(row: AuthorizationRow): Reply {
  const action = `/challenges/${row.id}`;
  return page(`<p>A shop asks for <strong>${String(row.amount)} ${row.currency}</strong>
(in minor units). No real money is involved.</p>
<form method="post" action="${action}/approve"><button id="approve">Approve</button></form>
<form method="post" action="${action}/reject"><button id="reject">Reject</button></form>`);
}

function sendBack(row: AuthorizationRow, brought = ''): Reply {
  if (row.return_url === null) return page('<p>Done. You may close this page.</p>');
  const mark = row.return_url.includes('?') ? '&' : '?';
  const location = brought === '' ? row.return_url : `${row.return_url}${mark}${brought}`;
  return { status: 303, headers: { location }, body: '' };
}

export async function answerChallenge(context: Context, request: Request): Promise<Answer> {
  const [, id = '', verdict] = request.segments;
  if (request.method === 'GET' && verdict === undefined) {
    const row = context.store.authorizations.find(id);
    if (row === undefined) return notHere;
    return isChallengeOpen(context, row) ? question(row) : sendBack(row);
  }
  if (request.method !== 'POST' || (verdict !== 'approve' && verdict !== 'reject')) return notHere;
  const asked = context.store.authorizations.find(id);
  if (asked?.provider === 'adyen' && isChallengeOpen(context, asked)) {
    return sendBack(asked, keepVerdict(context, asked, verdict));
  }
  const row = await completeChallenge(context, id, verdict);
  return row === null ? notHere : sendBack(row);
}
