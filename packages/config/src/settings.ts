import { type TObject, Type } from '@sinclair/typebox';
import { apiSettings } from './settings/api.ts';
import { commonSettings } from './settings/common.ts';
import { setupSettings } from './settings/setup.ts';
import { workerSettings } from './settings/worker.ts';

/** Every setting of the platform, by program. The docs and .env.example are generated from here. */

export { type ApiSettings, apiSettings } from './settings/api.ts';
export { type CommonSettings, commonSettings } from './settings/common.ts';
export { type SetupSettings, setupSettings } from './settings/setup.ts';
export { type WorkerSettings, workerSettings } from './settings/worker.ts';

/** For the generators of the docs: which program reads which settings. */
export const settingGroups: Record<string, TObject> = {
  'API and worker': commonSettings,
  API: Type.Omit(apiSettings, Type.KeyOf(commonSettings)),
  Worker: Type.Omit(workerSettings, Type.KeyOf(commonSettings)),
  Setup: Type.Omit(setupSettings, Type.KeyOf(commonSettings)),
};
