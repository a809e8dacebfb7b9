import t from 'tap';
import { rawMember } from '../raw-member.ts';

/** Values as somebody may write them; each has to come back as it is. */
const values = [
  '1',
  '-0',
  '1.0',
  '1E+2',
  '9223372036854775807',
  'null',
  'true',
  '""',
  '"data"',
  '"}"',
  '"]"',
  '","',
  '"\\""',
  '"\\\\"',
  '"\\\\\\""',
  '"{\\"data\\":1}"',
  '"\\u0064ata"',
  '"é😀"',
  '{}',
  '[]',
  '{"data":1}',
  '{ "a" : [ 1 , { "b" : "}" } ] }',
  '[[[],[{"data":{}}]],"[",{}]',
  '[1 ,\t2\n]',
];
const spaces = ['', ' ', '\n\t', '\r\n  '];
/** What may stand before and behind the member. */
const frames: [before: string, behind: string][] = [
  ['', ''],
  ['"a":1,', ''],
  ['', ',"z":[1,{"data":9}]'],
  ['"a":{"data":{"data":7}},', ',"b":"\\"data\\":8"'],
  ['"x\\"data":5,', ',"Data":6'],
  ['"":0,"dat":0,', ',"data2":0'],
];

t.test('the text of a member comes back as it was written', async (t) => {
  for (const value of values) {
    for (const [before, behind] of frames) {
      for (const space of spaces) {
        const key = `"data"${space}:`;
        const json = `${space}{${space}${before}${space}${key}${space}${value}${space}${behind}}${space}`;
        if (rawMember(json, 'data') !== value) t.equal(rawMember(json, 'data'), value, json);
        if (JSON.stringify(JSON.parse(json).data) !== JSON.stringify(JSON.parse(value))) {
          t.fail(`the table itself is wrong: ${json}`);
        }
      }
    }
  }
  t.pass(`${values.length * frames.length * spaces.length} texts`);
});

t.test('it finds what JSON.parse finds', async (t) => {
  const cases: [json: string, expected: string | undefined][] = [
    ['{}', undefined],
    ['{"a":1}', undefined],
    ['{"a":{"data":1}}', undefined],
    ['{"a":"data"}', undefined],
    ['{"data":1,"data":2}', '2'],
    ['{"data":{"data":1},"a":2,"data":[3]}', '[3]'],
    ['{"d\\u0061ta":1}', '1'],
    ['{"data":1,"d\\u0061ta":2}', '2'],
    ['{"data\\u0000":1}', undefined],
  ];
  for (const [json, expected] of cases) {
    t.equal(rawMember(json, 'data'), expected, json);
    const parsed = JSON.parse(json).data;
    t.same(expected === undefined ? undefined : JSON.parse(expected), parsed);
  }
});

t.test('members with unusual names are found too', async (t) => {
  for (const name of ['', 'a"b', 'a\\b', 'é', '\n', '__data', '{', ':']) {
    const json = JSON.stringify({ before: 1, [name]: [name], behind: 2 });
    t.equal(rawMember(json, name), JSON.stringify([name]), json);
  }
});

t.test('a long text takes no long time', async (t) => {
  const data = JSON.stringify('a\\"'.repeat(300_000));
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  t.equal(rawMember(`{"a":${deep},"data":${data}}`, 'data'), data);
});
