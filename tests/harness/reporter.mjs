// A reporter of node:test for tests/run.mjs: a line of JSON for each test that ended.

export default async function* lines(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details.type === 'suite' || data.skip) continue;
    yield `${JSON.stringify({ test: data.name, seconds: Math.round(data.details.duration_ms / 100) / 10, passed: type === 'test:pass' })}\n`;
  }
}
