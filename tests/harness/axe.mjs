// What assistive technology would stumble over on a page, by axe-core.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page as it is now: `rule: element`, one each. Our pages allow no script of others, so it is run over the wire. */
export async function stumbles(page) {
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')}`));
}

/** Elements one can reach by Tab and not see. */
export const invisibleStops = (page) =>
  page.evaluate(() => {
    const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex]')].filter(
      (el) => el.tabIndex >= 0 && !el.disabled && !el.closest('[inert]'),
    );
    const unseen = (el) => {
      const box = el.getBoundingClientRect();
      const style = getComputedStyle(el);
      if (style.visibility === 'hidden' || el.getClientRects().length === 0) return false; // not reachable either
      if (el.matches('.skip')) return false; // shown once it has the focus
      return box.width < 2 || box.height < 2 || style.opacity === '0';
    };
    return stops.filter(unseen).map((el) => el.outerHTML.slice(0, 120));
  });
