/** The page a shopper's bank would show for 3-D Secure. */
import type { Context } from '../context.ts';
import { completeChallenge } from '../processor/challenge.ts';
import { shownState } from '../processor/present.ts';
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
