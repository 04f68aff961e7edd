/**
 * Edits of `workflows/payment/workflow.ts` as somebody might make them, made on its text of today. An
 * edit whose place is no longer there fails its test: then it is to be written anew.
 */
export interface Edit {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** The recorded runs that it would break; none: it changes no command. */
  readonly breaks: readonly string[];
}

const screen = 'const decision = await steps.paymentScreen({ paymentId });';
const submit = 'const submitted = await steps.attemptSubmit({ paymentId, decision });';
const first = 'let next = await inTask.authorize({ paymentId });';

export const edits: readonly Edit[] = [
  {
    name: 'the first activity becomes an ordinary one',
    from: first,
    to: first.replace('inTask', 'steps'),
    breaks: ['sale', 'decline', 'worker-killed-in-the-first-task'],
  },
  {
    name: 'the payment is loaded before it is authorized',
    from: first,
    to: `await inTask.paymentLoad({ paymentId });\n${first}`,
    breaks: ['sale', 'capture', 'lost-reply'],
  },
  {
    name: 'something is screened before the loop, in the open',
    from: first,
    to: `${first}\nawait steps.paymentScreen({ paymentId });`,
    breaks: ['sale', 'capture', 'lost-reply'],
  },
  {
    name: 'another try is screened twice',
    from: screen,
    to: `${screen}\nawait steps.paymentScreen({ paymentId });`,
    breaks: ['failover-decline', 'refused-everywhere'],
  },
  {
    name: 'another try is submitted before it is screened',
    from: `${screen}\n        ${submit}`,
    to: `const submitted = await steps.attemptSubmit({ paymentId });\n${screen}`,
    breaks: ['failover-authorization', 'refused-everywhere'],
  },
  {
    name: 'nothing is waited for',
    from: 'await condition(() => inbox.nudged, next.ms);',
    to: '',
    breaks: ['lost-reply', 'long-wait-cut-short', 'worker-killed-while-waiting'],
  },
  {
    name: 'it waits only for a nudge, without a timer',
    from: 'await condition(() => inbox.nudged, next.ms);',
    to: 'await condition(() => inbox.nudged);',
    breaks: ['lost-reply', 'nudges-while-waiting'],
  },
  {
    name: 'a wait is not followed by a load',
    from: 'next.ms);\n        next = await loadAgain();',
    to: "next.ms);\n        next = { kind: 'rest' };",
    breaks: ['lost-reply', 'load-retried'],
  },
  {
    name: 'a capture is looked up instead of sent',
    from: 'steps.operationExecute(',
    to: 'steps.operationResolve(',
    breaks: ['capture', 'refund', 'worker-killed-in-a-capture'],
  },
  {
    name: 'a doubtful attempt is looked up as an operation is',
    from: 'steps.attemptResolve({ paymentId, attemptId: next.attemptId })',
    to: 'steps.operationResolve({ paymentId, operationId: next.attemptId })',
    breaks: ['lost-reply', 'late-success'],
  },
  {
    name: 'expiry is left to whoever asks',
    from: 'next = await steps.paymentApplyTimers({ paymentId });',
    to: 'return;',
    breaks: ['expiry', 'no-other-try-in-time'],
  },
  {
    name: 'a run ends although it was nudged',
    from: 'if (!inbox.nudged) return;',
    to: 'return;',
    breaks: ['nudge-in-the-last-step', 'woken-at-rest'],
  },
  {
    name: 'a run stays for a minute before it ends',
    from: 'if (!inbox.nudged) return;',
    to: 'if (!(await condition(() => inbox.nudged, 60_000))) return;',
    breaks: ['sale', 'refund'],
  },
  {
    name: 'the flag is cleared after the load instead of before it',
    from: 'inbox.nudged = false;\n    return inTask.paymentLoad({ paymentId });',
    to: 'return inTask.paymentLoad({ paymentId }).finally(() => { inbox.nudged = false; });',
    breaks: ['nudge-during-a-load'],
  },
  {
    name: 'nothing is changed',
    from: first,
    to: first,
    breaks: [],
  },
  {
    name: 'a name and the order of two cases are changed',
    from: "case 'resolve_operation':\n        next = await steps.operationResolve({ paymentId, operationId: next.operationId });\n        break;",
    to: "case 'resolve_operation': {\n        const { operationId } = next;\n        next = await steps.operationResolve({ paymentId, operationId });\n        break;\n      }",
    breaks: [],
  },
];
