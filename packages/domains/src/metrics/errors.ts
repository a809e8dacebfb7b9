import { defineErrors } from '@trellis/core/errors';

export const metricsErrors = defineErrors({
  metrics_token_required: {
    status: 401,
    title: 'The token of the metrics is required',
    description:
      'Send `Authorization: Bearer` with the value of the setting `METRICS_TOKEN`. Access tokens and API keys are none.',
  },
  metrics_local_only: {
    status: 403,
    title: 'Metrics are for the machine itself',
    description:
      'The setting `METRICS_TOKEN` is not set, so only callers on the same machine see metrics, and not through a proxy. Set it to read them from elsewhere.',
  },
});
