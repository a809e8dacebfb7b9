import type { ReceivedMail } from './smtp-receiver.ts';

export interface KeptMail extends ReceivedMail {
  /** Counts up from 1. */
  id: number;
}

/** The last mails, in memory. */
export interface Mailbox {
  add(mail: ReceivedMail): void;
  /** The newest first. */
  list(): readonly KeptMail[];
  find(id: number): KeptMail | undefined;
}

export function createMailbox(countMax: number): Mailbox {
  const mails: KeptMail[] = [];
  let lastId = 0;
  return {
    add(mail) {
      lastId++;
      mails.unshift({ ...mail, id: lastId });
      mails.splice(countMax);
    },
    list: () => mails,
    find: (id) => mails.find((mail) => mail.id === id),
  };
}
