// The documents that are wrapped and checked. Guides are not wrapped: their paragraphs are Chinese.

import { execFileSync } from 'node:child_process';

const tracked = (...patterns) =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);

/** What is wrapped at 100 columns. */
export const documents = () =>
  tracked('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/*.md', 'deploy/*.md').filter((file) => !file.startsWith('docs/guide/'));

/** What is looked through for links. */
export const linked = () => tracked('*.md');

/** The sources of the programs; in git's patterns `*` goes through folders. */
export const sources = () => tracked('server/*.rs', 'media/*.rs', 'host/*.rs').filter((file) => file.includes('/src/'));
