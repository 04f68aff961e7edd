/** `node ops/healthcheck.mjs <url>`: exit status 0 if the answer is 2xx. Slim images have no curl. */
const response = await fetch(process.argv[2], { signal: AbortSignal.timeout(2000) });
process.exit(response.ok ? 0 : 1);
