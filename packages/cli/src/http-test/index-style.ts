/** Looks of the page that lists all endpoints, by day and by night. */
export const INDEX_STYLE: string = `
:root{color-scheme:light dark;--ground:light-dark(#fbfaf7,#171614);--card:light-dark(#fff,#201e1b);--text:light-dark(#26231e,#e9e5dd);
--faint:light-dark(#6d675c,#a49c8e);--line:light-dark(#e5e0d6,#38342e);--accent:light-dark(#a3401a,#f0936a)}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.55 system-ui,sans-serif}
header,main{max-width:72rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3rem}
h1{margin:0 0 .5rem;font-size:2.2rem;font-weight:300;letter-spacing:-.02em}
h1 b{font-weight:650;color:var(--accent)}
header p{max-width:44rem;margin:0;color:var(--faint)}
nav{display:flex;flex-wrap:wrap;gap:.5rem;margin:1.5rem 0 2rem}
nav a{padding:.2rem .75rem;border:1px solid var(--line);border-radius:99px;background:var(--card);font-size:.9rem}
a{color:var(--accent);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
main{columns:28rem 2;column-gap:1.25rem;padding-bottom:4rem}
section{break-inside:avoid;margin-bottom:1.25rem;padding:1.25rem 1.5rem;border:1px solid var(--line);border-radius:12px;background:var(--card);scroll-margin-top:1rem}
h2{margin:0 0 .75rem;font-size:1.15rem}
dl{margin:0}
dt{padding-top:.75rem;border-top:1px solid var(--line)}
dd{margin:.15rem 0 .75rem;font-size:.92rem;overflow-wrap:anywhere}
dd:last-child{margin-bottom:0}
code,dd a{font:.92em ui-monospace,monospace}
code i{color:var(--accent);font-style:normal}
.query{color:var(--faint)}
.method{display:inline-block;min-width:3.4rem;margin-right:.25rem;padding:.05rem .4rem;border-radius:5px;color:#fff;background:#5b6472;
font:600 .7rem/1.5 ui-monospace,monospace;text-align:center;text-transform:uppercase;vertical-align:2px}
.get{background:#2f6f4f}.post{background:#8a5a00}.put{background:#2b5f9e}.patch{background:#6a4c93}.delete{background:#a8323e}
`;
