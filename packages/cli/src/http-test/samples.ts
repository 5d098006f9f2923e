/** A page with what pages are made of. */
export const HTML: string = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A gill of a mushroom</title>
</head>
<body>
<h1>Lamellae</h1>
<p>Under the cap of many mushrooms stand <em>lamellae</em>, thin as paper, side by side.</p>
<ul>
<li>They carry the spores.</li>
<li>Their colour tells the species, <strong>with some luck</strong>.</li>
</ul>
<p>&copy; nobody &amp; everybody. <a href="/">Back</a></p>
</body>
</html>
`;

/** A value with everything that JSON knows. */
export const JSON_VALUE = {
  title: 'Layers',
  isNested: true,
  depth: 3,
  ratio: 0.25,
  author: null,
  tags: ['service', 'layer', 'stack'],
  layers: [
    { name: 'tcp', carries: 'bytes' },
    { name: 'http', carries: 'messages' },
  ],
};

/** A document with elements, attributes, text that is escaped, and a comment. */
export const XML: string = `<?xml version="1.0" encoding="UTF-8"?>
<!-- Layers, from the outside in. -->
<stack name="server">
  <layer order="1" name="timeout"/>
  <layer order="2" name="compression">smaller &amp; slower</layer>
  <service><![CDATA[hello <world>]]></service>
</stack>
`;

/** For crawlers that have lost their way. */
export const ROBOTS: string = 'User-agent: *\nDisallow: /\n';

/** Text of one to four bytes a character, with marks that combine and scripts from right to left. */
export const UTF8: string = `One byte:     hello, world
Two bytes:    grüße, žluťoučký kůň, Ελληνικά, кириллица, שלום, مرحبا
Three bytes:  你好，世界 · こんにちは · 안녕하세요 · नमस्ते · สวัสดี · €
Four bytes:   𝄞 𐍈 𠮷 🍄
Combined:     e\u0301 n\u0303 🧑\u200d🚀
Mathematics:  ∀x ∈ ℝ: ⌈x⌉ = −⌊−x⌋
Boxes:        ┌─┬─┐ │ ╳ │ └─┴─┘
`;
