/**
 * How to test against a scheduler with the published fakes: a page that speaks, a node that is told what to
 * answer.
 *
 *   node --conditions=source examples/test-your-client.ts [ws://127.0.0.1:5010]
 */
import assert from 'node:assert/strict';
import { answering, ScriptedNode, WebClient } from 'lingua-scheduler/testing';

const [server = 'ws://127.0.0.1:5010'] = process.argv.slice(2);

const node = await ScriptedNode.start(`${server}/ws/node`, {
  behaviour: answering({ text_asr: 'ni hao', text_translated: 'hello' }),
});
const page = await WebClient.open(`${server}/ws/session`);
page.say(2_000);

const [outcome] = await page.client.untilOutcomes(1);
assert.equal(outcome?.text_translated, 'hello');
console.log('the page heard its translation');

page.client.close();
node.close();
