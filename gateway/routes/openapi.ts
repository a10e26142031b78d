// Owns the machine-readable description of the API, made from the routes themselves.
// Promise: what it says a route takes is the very schema that checks it.
import { z } from 'zod';
import { json } from '../reply.ts';
import { defineRoute, type Route } from '../route.ts';

interface Operation {
  readonly summary: string;
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

/** OpenAPI 3.1; schemas are JSON Schema 2020-12, which 3.1 takes as it is. */
export function describeApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = describeRoute(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Colin', version, description: 'Errors are RFC 9457 problems.' },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

const schemaOf = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};

function describeRoute(route: Route): Operation {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const responses = Object.entries(route.replies).map(([status, description]) => [
    status,
    { description },
  ]);
  const json = (schema: z.ZodType): object => ({
    required: route.isBodyOptional !== true,
    content: { 'application/json': { schema: schemaOf(schema) } },
  });
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\W+(\w)/g, (_, c: string) =>
      c.toUpperCase(),
    )}`.replace(/\W/g, ''),
    security: route.access === 'open' ? [] : [{ bearer: [] }, { apiKey: [] }],
    parameters: [...inPath, ...queryParameters(route.query)],
    ...(route.body === null ? {} : { requestBody: json(route.body) }),
    responses: Object.fromEntries(responses),
  };
}

function queryParameters(query: z.ZodType | null): object[] {
  if (!(query instanceof z.ZodObject)) return [];
  return Object.entries(query.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schema instanceof z.ZodType ? schemaOf(schema) : {},
  }));
}

/** The route that serves the description of `others` and of itself. */
export function openApiRoute(others: readonly Route[], version: string): Route {
  const route: Route = defineRoute({
    method: 'GET',
    path: '/api/v2/openapi.json',
    access: 'open',
    summary: 'This description',
    replies: { 200: 'OpenAPI 3.1' },
    answer: () => json(200, describeApi([...others, route], version)),
  });
  return route;
}
