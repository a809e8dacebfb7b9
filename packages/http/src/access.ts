/** Who may call a route. Every route declares it; the boot stops at one that does not. */
export type Access =
  | { kind: 'public' }
  | { kind: 'authenticated' }
  | { kind: 'permission'; permission: string };

export const access = {
  /** Anybody; a credential is not looked at. */
  public: (): Access => ({ kind: 'public' }),
  /** Any valid credential. */
  authenticated: (): Access => ({ kind: 'authenticated' }),
  /** A credential whose roles hold `permission`, written `resource:verb`. */
  permission: (permission: string): Access => ({ kind: 'permission', permission }),
};
