import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compose } from '#server/compose.ts';
import { loadConfig } from '#server/config/load.ts';

/**
 * Writes docs/openapi.json, the HTTP interface for tools: `node --conditions=source scripts/generate-openapi.ts`.
 * It is what a scheduler says of itself at /api/v1/openapi.json; a test compares the two [HTT50].
 */
const scheduler = await compose(loadConfig({ sets: ['server.port=0', 'log.level=error'] }));
const { url } = await scheduler.start();
const answer = await fetch(`${url}/api/v1/openapi.json`);
const page = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
writeFileSync(page, `${JSON.stringify(await answer.json(), null, 2)}\n`);
await scheduler.stop(0);
