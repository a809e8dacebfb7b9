import type { Member } from './repository.ts';
import type { UserReply } from './schemas.ts';

/** A person as the API shows it, and as the audit keeps it. */
export function presentMember(member: Member): UserReply {
  return {
    id: member.userId,
    email: member.email,
    name: member.name,
    status: member.disabledAt ? 'disabled' : 'active',
    roles: member.roles.map(({ id, name }) => ({ id, name })),
    createdAt: member.createdAt.toISOString(),
  };
}
