import { type Attack, operation, repeat } from './attack';

/** What is done once for each row of a page. */
export const rowErrors: readonly Attack[] = [
  operation('a wrong page size in every row', () => {
    const aliases = repeat(40, (n) => `a${n}:events(first:-1){totalCount}`);
    return `${'\n'.repeat(50_000)}{sessions(first:500){nodes{${aliases}}}}`;
  }),
  operation('a wrong page size in every row, in a variable', () => {
    const aliases = repeat(40, (n) => `a${n}:events(first:$n){totalCount}`);
    return `query($n:Int=-1){sessions(first:500){nodes{${aliases}}}}`;
  }),
  operation('a foreign cursor in every row', () => {
    const aliases = repeat(40, (n) => `a${n}:events(first:1,after:"AAAAAAAAAAAAAAAAAAAAAAAA"){totalCount}`);
    return `${'\n'.repeat(50_000)}{sessions(first:500){nodes{${aliases}}}}`;
  }),
  operation('a wrong instant in every row', () => {
    const aliases = repeat(
      40,
      (n) => `a${n}:events(first:1,filter:{timestamp:{from:"yesterday"}}){totalCount}`,
    );
    return `{sessions(first:500){nodes{${aliases}}}}`;
  }),
  operation('a conditional selection in every row', () => {
    const inside = repeat(180, () => 'id @include(if:$a) status @include(if:$a)');
    const aliases = repeat(2, (n) => `a${n}:events(first:2){nodes{session{${inside}}}}`);
    return `query($a:Boolean=true){sessions(first:500){nodes{${aliases}}}}`;
  }),
  operation('nearly as many values as allowed', () => {
    const aliases = repeat(8, (n) => `a${n}:eventId`);
    return `{sessions(first:500){nodes{events(first:50){nodes{${aliases}}}}}}`;
  }),
  operation('many long lists', () => {
    return `{${repeat(40, (n) => `a${n}:sessions(first:500){nodes{id sessionId language status startedAt endedAt eventCount}}`)}}`;
  }),
  operation('as many values as rows and aliases make', () => {
    const aliases = repeat(45, (n) => `a${n}:eventId`);
    return `{sessions(first:500){nodes{events(first:50){nodes{${aliases}}}}}}`;
  }),
];
