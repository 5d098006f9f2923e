/** A fenced block of a Markdown page. */
export interface Block {
  /** First word behind the fence, such as `ts`. */
  readonly language: string;
  /** Path of the file that the block shows, relative to the page; `undefined` if it shows none. */
  readonly file: string | undefined;
  /** Name of the region of that file, if the block does not show all of it. */
  readonly region: string | undefined;
  /** The lines between the fences, each with its line end. */
  readonly content: string;
  /** Number of the opening fence's line, counted from 1. */
  readonly line: number;
  /** Where the content begins and ends in the page. */
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the fenced blocks of a page.
 *
 * @remarks
 * A block that shows a file names it behind its language: ` ```ts examples/hello.ts `, or ` ```ts examples/hello.ts#main ` for the
 * lines between `// #region main` and `// #endregion main`.
 */
export function blocksOf(page: string): readonly Block[] {
  return Array.from(page.matchAll(FENCED), (match) => {
    const [, language = '', file, region, content = ''] = match;
    const end = match.index + match[0].length - FENCE.length;
    const line = page.slice(0, match.index).split('\n').length;
    return { language, file, region, content, line, start: end - content.length, end };
  });
}

/** Targets of the links in a page, without those in its fenced blocks. */
export function linksOf(page: string): readonly string[] {
  return Array.from(page.replace(FENCED, '').matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
}

/** What may stand behind `#` in links to a page: its headings as GitHub and others name them. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of page.replace(FENCED, '').matchAll(/^#+ (.+)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const name = text.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

const FENCE = '```';
const FENCED = /^```([a-z]+)?(?: ([^\s#]+)(?:#([a-z0-9-]+))?)?\n([\s\S]*?)^```/gm;
