import { Type } from '@sinclair/typebox';

/** Numbers of one kind, each with its unit and bounds. */

export const port = (description: string, value: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description });
export const milliseconds = (description: string, value: number, maximum = 600_000) =>
  Type.Integer({ minimum: 1, maximum, default: value, description });
export const seconds = (description: string, value: number, maximum: number, minimum = 1) =>
  Type.Integer({ minimum, maximum, default: value, description });
export const count = (description: string, value: number, maximum = 10_000) =>
  Type.Integer({ minimum: 1, maximum, default: value, description });
