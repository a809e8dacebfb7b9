import type { CrossTenantCases } from '@trellis/test/cross-tenant';
import { upload } from './upload.ts';

const cases: CrossTenantCases = async (api, owner) => {
  const { body: file } = await upload(api, owner, `private content of ${owner.tenant.id}`, {
    name: `plans-of-${owner.tenant.id}.txt`,
  });
  const parameters = { id: file.id };
  return {
    'GET /api/v1/files/{id}': { parameters },
    'GET /api/v1/files/{id}/content': { parameters },
    'POST /api/v1/files/{id}/link': { parameters, body: {} },
    'DELETE /api/v1/files/{id}': { parameters },
  };
};

export default cases;
