import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import { Webhook as SvixWebhook } from 'svix';
import t from 'tap';

const depth = 2_000;

/** JSON that another program would write, and that reading and writing it again would change. */
const samples: Record<string, string> = {
  'order of keys': '{"z":1,"a":2,"10":3,"9":4,"":5}',
  'the same key twice': '{"a":1,"a":{"b":1,"b":2}}',
  'numbers of 64 bits': '[9223372036854775807,-9223372036854775808,18446744073709551615]',
  'more digits than any type has': '[0.1234567890123456789012345678901234567890,1e400,-1e-400]',
  'spellings of one number': '[1,1.0,1.00,1e0,1E+0,10e-1,-0,-0.0]',
  'letters of all planes': '"é ß 漢字 🦜 👩🏽‍🚀 \u{10ffff}"',
  'combining marks, not composed': '"e\u0301 \u00e9"',
  'separators of lines, in full': '"\u2028 \u2029 \u0085 \u00a0 \ufeff"',
  'escapes where none is needed': '"\\u0041\\/\\u2028\\ud83e\\udd9c\\u00E9"',
  'half of a surrogate pair': '{"\\ud800":"\\udc00\\ud800 \\uDEAD"}',
  'control characters': '"\\u0000\\u0001\\b\\f\\n\\r\\t\\u007f\u007f"',
  'space between all': '{\r\n\t"a" :  [ 1 ,\t2 ,\r\n { } , [ ] ]\n}',
  'what looks like code': '{"__proto__":{"a":1},"constructor":null,"$ref":"#","toJSON":"x"}',
  'what looks like the end': '"}],\\"data\\":{\\"type\\":1} \\\\"',
  'nesting without end': `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`,
  'a long text': `"${'ä🦜"'.replaceAll('"', '\\"').repeat(10_000)}"`,
};

/** Each is another way into the outbox. */
const ways: Record<string, string> = {
  alone: '',
  'with an idempotency key': ',"idempotencyKey":"KEY"',
  'with an ordering key': ',"orderingKey":"KEY"',
};

for (const backend of backends) {
  t.test(
    `\`data\` is signed and sent as it was written, retries included (${backend})`,
    async (t) => {
      const api = await startApi(t, { backend });
      await startWorker(t, api, { WEBHOOK_RETRY_SECONDS: '1,1,1' });
      const account = await signUp(api);
      const failed = new Set<string>();
      const receiver = await startReceiver(t, ({ id }) => {
        if (failed.has(id)) return 204;
        failed.add(id);
        return 500;
      });
      const { id: webhookId, secret } = await subscribe(api, account, receiver.url);
      const expected = new Map<string, { name: string; data: string }>();
      for (const [way, member] of Object.entries(ways)) {
        for (const [index, [name, data]] of Object.entries(samples).entries()) {
          const text = `{"type":"order.paid","data":  ${data} ${member.replace('KEY', `${index}`)}}`;
          const reply = await api.request('POST', '/events', { token: account.token, body: text });
          t.equal(reply.status, 202, `${name}, ${way}`);
          expected.set(reply.body.id, { name: `${name}, ${way}`, data });
        }
      }
      await eventually(() => receiver.received.length >= 2 * expected.size, { timeoutMs: 60_000 });
      t.equal(failed.size, expected.size);
      t.equal(receiver.verified(secret), receiver.received.length, 'each is signed over its bytes');
      const svix = new SvixWebhook(secret);
      for (const { id, body, headers } of receiver.received) {
        const { name = '', data } = expected.get(id) ?? {};
        const [head = ''] =
          /^\{"type":"order.paid","timestamp":"[\d:.TZ-]+","data":/.exec(body) ?? [];
        t.ok(body === `${head}${data}}`, name);
        t.doesNotThrow(() => svix.verify(body, headers as Record<string, string>));
      }
      const [one] = expected.keys();
      const path = `/webhooks/${webhookId}/deliveries?eventId=${one}`;
      const [delivery] = (await api.request('GET', path, account)).body.data;
      const shown = await api.request(
        'GET',
        `/webhooks/${webhookId}/deliveries/${delivery.id}`,
        account,
      );
      t.equal(shown.body.payload, receiver.received.find(({ id }) => id === one)?.body);
    },
  );
}
