import { type Static, Type } from '@sinclair/typebox';
import { Body } from '@trellis/http/schemas';
import { Email, MailedToken, MfaCode, NewPassword } from './schemas.ts';

const CurrentPassword = Type.String({
  minLength: 1,
  maxLength: 256,
  examples: ['correct horse battery'],
});

export const ForgotPasswordBody = Body({ email: Email });

export const ResetPasswordBody = Body({ token: MailedToken, password: NewPassword });
export type ResetPasswordBody = Static<typeof ResetPasswordBody>;

export const ChangePasswordBody = Body({
  currentPassword: CurrentPassword,
  newPassword: NewPassword,
});
export type ChangePasswordBody = Static<typeof ChangePasswordBody>;

export const VerifyEmailBody = Body({ token: MailedToken });

export const SetupMfaBody = Body({ password: CurrentPassword });

export const MfaSetupReply = Type.Object({
  secret: Type.String({
    description: 'In base32, to be typed into an app that cannot scan.',
    examples: ['JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
  }),
  uri: Type.String({
    description: 'To be shown as a QR code.',
    examples: [
      'otpauth://totp/Trellis:ada%40example.com?issuer=Trellis&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
    ],
  }),
});

export const MfaCodeBody = Body({ code: MfaCode });

export const DisableMfaBody = Body({ password: CurrentPassword, code: MfaCode });
export type DisableMfaBody = Static<typeof DisableMfaBody>;

export const RecoveryCodesReply = Type.Object({
  recoveryCodes: Type.Array(Type.String(), {
    description: 'Each logs in once without the app. They are in this answer only.',
    examples: [['MFRG-GZDF-MZTW-Q2LK', 'NNUW-45LT-OJQX-G5DF']],
  }),
});
