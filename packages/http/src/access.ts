/** Who may call a route. Every route declares it; the boot stops at one that does not. */
export type Access =
  | { kind: 'public' }
  | { kind: 'optional' }
  | { kind: 'authenticated' }
  | { kind: 'session' }
  | { kind: 'permission'; permission: string };

export const access = {
  /** Anybody; a credential is not looked at. */
  public: (): Access => ({ kind: 'public' }),
  /** Anybody; a credential that is sent must be valid, and may show more. */
  optional: (): Access => ({ kind: 'optional' }),
  /** Any valid credential. */
  authenticated: (): Access => ({ kind: 'authenticated' }),
  /** A person who is logged in; an API key is refused (`session_required`, 403). */
  session: (): Access => ({ kind: 'session' }),
  /** A credential whose roles hold `permission`, written `resource:verb`. */
  permission: (permission: string): Access => ({ kind: 'permission', permission }),
};
