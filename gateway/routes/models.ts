// Owns the models over REST: which versions signals came of, and which one trades.
// Promise: what is told was folded from the journal, over every run of this state folder.
import { json } from '../reply.ts';
import { defineRoute, type Route } from '../route.ts';
import { isoOf } from '../words.ts';

const list = defineRoute({
  method: 'GET',
  path: '/api/v2/models',
  access: 'read',
  summary: 'Every version of a model that traded with this state folder, the one used last first',
  replies: { 200: 'The versions' },
  answer({ context: { replica } }) {
    const { models } = replica.slices;
    const uses = [...models.uses()].reverse();
    return json(200, {
      models: uses.map(({ version, sinceUs, lastUs, signals }) => ({
        version,
        active: version === models.active,
        since: isoOf(sinceUs),
        last_used: isoOf(lastUs),
        signals,
      })),
    });
  },
});

export const modelRoutes: readonly Route[] = [list];
