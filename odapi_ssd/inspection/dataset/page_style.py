"""The style sheet of the page."""

__all__ = ["STYLE"]

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1d2126; --quiet: #586069; --line: #dfe1e4;
  --accent: #0b62a8; --heat: #0b62a8; --anchor: #b3400e;
  --error: #b3261e; --warning: #8a5300; --note: #3d5a80;
  --s0: #2f6fb3; --s1: #d9822b; --s2: #3a8f5c; --s3: #8e5bb5; --s4: #b4506b; --s5: #6b7785;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1c2024; --ink: #e8eaed; --quiet: #a3abb4; --line: #343a41;
    --accent: #7db8ec; --heat: #62b0f4; --anchor: #ff9d66;
    --error: #ff8a80; --warning: #f2b155; --note: #9dbbe0;
    --s0: #6aa6e6; --s1: #f0a35c; --s2: #6cc08c; --s3: #bd92df; --s4: #e58aa3; --s5: #9aa5b1;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 0 1rem 4rem; max-width: 72rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3 { line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2rem; margin: 2.5rem 0 .25rem; letter-spacing: -.02em; }
h2 { font-size: 1.4rem; margin: 3.5rem 0 .5rem; letter-spacing: -.01em; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .25rem; text-wrap: wrap; }
p { margin: .25rem 0 .75rem; max-width: 48rem; }
a { color: var(--accent); }
.quiet { color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0;
  margin: 1rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem;
  margin: 1.25rem 0; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .7rem .9rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.tiles dt { color: var(--quiet); font-size: .875rem; }
.tiles dd { margin: 0; font-size: 1.6rem; font-weight: 650; font-variant-numeric: tabular-nums;
  line-height: 1.2; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
.scroll:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent);
  outline-offset: 2px; }
table { border-collapse: collapse; font-size: .925rem; font-variant-numeric: tabular-nums; }
table.wide { width: 100%; }
caption { text-align: left; color: var(--quiet); padding-bottom: .35rem; }
th, td { padding: .32rem .9rem .32rem 0; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: middle; overflow-wrap: normal; }
th { font-weight: 600; }
thead th { color: var(--quiet); font-weight: 500; vertical-align: bottom; }
th:first-child, td.text, th.text { text-align: left; }
tbody th { font-weight: 500; min-width: 7rem; max-width: 22rem; overflow-wrap: anywhere; }
td.bar, th.bar { width: 35%; min-width: 7rem; padding-right: 0; text-align: left; }
td.bar svg { display: block; width: 100%; height: .85rem; }
.swatch { width: .8rem; height: .8rem; margin-right: .5rem; vertical-align: -.08rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0;
  margin: .25rem 0 .5rem; font-size: .875rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr));
  gap: 1rem; margin: 1rem 0; align-items: start; }
.charts.big { grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
figure { margin: 0; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; padding: .8rem; break-inside: avoid; min-width: 0; }
figcaption { font-size: .875rem; }
figcaption b { font-size: 1rem; font-weight: 600; display: block; }
.chart > svg { display: block; width: 100%; height: auto; margin-top: .4rem; }
.chart text { fill: var(--quiet); font-size: 11px; }
.chart .grid { stroke: var(--line); }
.chart .guide { stroke: var(--quiet); stroke-dasharray: 3 3; opacity: .5; }
.heat { fill: var(--heat); }
rect.heat { shape-rendering: crispEdges; }
.reach { stroke: var(--anchor); stroke-dasharray: 4 3; fill: none; stroke-width: 1.3; }
.anchor { stroke: var(--anchor); fill: none; stroke-width: 1.6; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); }
.s3 { fill: var(--s3); } .s4 { fill: var(--s4); } .s5 { fill: var(--s5); }
.kinds { list-style: none; padding: 0; margin: .75rem 0; }
.kinds li { display: flex; gap: .75rem; padding: .3rem 0; border-bottom: 1px solid var(--line); }
.kinds .count { margin-left: auto; font-variant-numeric: tabular-nums; white-space: nowrap; }
.badge { font-size: .75rem; font-weight: 650; border: 1px solid currentColor; border-radius: 1rem;
  padding: .05rem .55rem; white-space: nowrap; align-self: center; width: 5.2rem; flex: none;
  text-align: center; }
.error { color: var(--error); } .warning { color: var(--warning); } .note { color: var(--note); }
h3 .badge { display: inline-block; margin-right: .6rem; vertical-align: .15rem; }
ul.lines { margin: .25rem 0 .75rem; padding-left: 1.2rem; font-size: .925rem; }
details { margin: .25rem 0 .75rem; }
summary { cursor: pointer; color: var(--accent); font-size: .925rem; }
.pictures { display: grid; gap: .9rem; margin: .75rem 0 1.25rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.picture { padding: 0; overflow: hidden; }
.picture figcaption { padding: .5rem .75rem .65rem; }
.canvas { position: relative; background: #808080; }
.canvas img { display: block; width: 100%; height: auto; }
.canvas svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.canvas rect.under { fill: none; stroke: #000; stroke-opacity: .6; stroke-width: 4;
  vector-effect: non-scaling-stroke; }
.canvas rect.over { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.canvas rect.faint { stroke-dasharray: 4 4; stroke-width: 1; }
.canvas text { font-weight: 600; }
h4 { font-size: .925rem; font-weight: 500; margin: 0 0 .3rem; }
.strips { display: grid; gap: 1rem 1.5rem; margin: .75rem 0;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.strips > div { break-inside: avoid; }
.strip { display: flex; flex-wrap: wrap; gap: .35rem; }
.strip img { width: auto; height: 4.25rem; max-width: 6rem; object-fit: contain;
  border-radius: .3rem; background: var(--line); }
.chips { display: flex; flex-wrap: wrap; gap: .1rem .8rem; list-style: none; margin: .2rem 0 0;
  padding: 0; color: var(--quiet); }
footer { margin-top: 4rem; border-top: 1px solid var(--line); padding-top: 1rem;
  color: var(--quiet); font-size: .875rem; }
@media (max-width: 30rem) {
  h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; }
  .kinds li { display: grid; grid-template-columns: auto 1fr; row-gap: 0; }
  .kinds .count { grid-column: 2; margin: 0; color: var(--quiet); font-size: .875rem; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #bbb; }
  body { max-width: none; font-size: .8rem; padding: 0;
    -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  nav { display: none; }
  .tiles { grid-template-columns: repeat(6, 1fr); }
  .pictures { grid-template-columns: repeat(3, 1fr); }
  .charts, .charts.big { grid-template-columns: repeat(2, 1fr); }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
}
"""
