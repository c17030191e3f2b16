// SPDX-License-Identifier: Apache-2.0
// The style sheet of a report: light and dark, wide and narrow, screen and paper.
#include "pipeline/page/page_text.h"

namespace lorasweep {

std::string_view page_style() {
  return R"css(
:root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d4dae1; --card: #f5f7f9;
  --accent: #1f5fbf; --good: #0b6a3e; --good-back: #e2f3e9; --worse: #a21f1f; --worse-back: #fbe7e6;
  --warm: 201, 92, 14; --cold: 31, 95, 191;
  --s0: #1f5fbf; --s1: #c95c0e; --s2: #0b7a4b; --s3: #8a3fb0; --s4: #a8325e; --s5: #5b6470; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e4e8ec; --soft: #9ba6b2; --line: #343b44;
  --card: #1d2228; --accent: #78aef5; --good: #6fd49d; --good-back: #14331f; --worse: #ff938c; --worse-back: #431c1c;
  --warm: 240, 150, 70; --cold: 100, 160, 245;
  --s0: #78aef5; --s1: #f0a05a; --s2: #63cf97; --s3: #cf95ee; --s4: #f08fb3; --s5: #9ba6b2; } }
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; background: var(--back); color: var(--text);
  -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1rem 1.25rem 4rem; max-width: 84rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-top: .5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p, ul, dl { max-width: 58rem; }
.lead { color: var(--soft); margin: 0 0 1rem; }
.note, caption, figcaption { color: var(--soft); font-size: .875rem; }
a { color: var(--accent); }
nav ul { list-style: none; padding: 0; margin: .5rem 0; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; }
nav a { display: inline-block; padding: .2rem 0; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.digest { overflow-wrap: anywhere; }
.warn { color: var(--worse); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 0 0 1.25rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: .75rem 0 1.25rem; border: 1px solid var(--line); border-radius: 6px; max-width: max-content; }
.wide:focus-visible, button:focus-visible, select:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
table { border-collapse: separate; border-spacing: 0; font-size: .875rem; }
caption { text-align: left; padding: .5rem .75rem; position: sticky; left: 0; }
th, td { padding: .3rem .7rem; border-top: 1px solid var(--line); vertical-align: top; text-align: left; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { background: var(--card); vertical-align: bottom; font-weight: 600; }
tbody th, tfoot th { font-weight: 500; position: sticky; left: 0; background: var(--back); }
thead th:first-child { position: sticky; left: 0; z-index: 1; }
tfoot th, tfoot td { border-top: 2px solid var(--soft); font-weight: 600; }
th button { all: unset; cursor: pointer; font: inherit; }
th[aria-sort=ascending] button::after { content: " ▴"; }
th[aria-sort=descending] button::after { content: " ▾"; }
small { color: var(--soft); font-size: .8em; }
td.worse { color: var(--worse); background: var(--worse-back); }
td.good { color: var(--good); background: var(--good-back); }
td.worse small, td.good small { color: inherit; }
td.none { color: var(--soft); }
.verdicts li { margin: .2rem 0; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1.5rem; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: .35rem; }
svg text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--soft); }
svg .end { text-anchor: end; } svg .mid { text-anchor: middle; }
svg .axis { stroke: var(--soft); stroke-width: 1; fill: none; opacity: .6; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg.row { display: block; }
.interval { stroke: var(--accent); stroke-width: 3; opacity: .45; }
.m-search { fill: var(--accent); }
.m-open { fill: var(--back); stroke: var(--text); stroke-width: 1.5; }
.trace path.trace { fill: none; stroke-width: 1.3; opacity: .8; }
.trace path.chosen { stroke-width: 2.6; opacity: 1; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); }
.s3 { stroke: var(--s3); } .s4 { stroke: var(--s4); } .s5 { stroke: var(--s5); }
.dot { fill: var(--accent); fill-opacity: .55; stroke: var(--back); stroke-width: .5; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .75rem 1rem; }
figure { margin: 0; }
figure.trace { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .6rem .3rem; break-inside: avoid; }
figcaption { color: var(--text); font-weight: 500; overflow-wrap: anywhere; }
svg.chart { width: 100%; height: auto; }
figure.trace svg.chart { max-width: 22rem; }
figure.one { max-width: 42rem; }
.heat td { border-left: 1px solid var(--line); }
.heat tbody th { white-space: nowrap; }
.heat .up { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; max-height: 16rem; overflow: hidden; text-overflow: ellipsis; }
.wp1 { background: rgba(var(--cold), .12); } .wp2 { background: rgba(var(--cold), .26); }
.wp3 { background: rgba(var(--cold), .42); } .wp4 { background: rgba(var(--cold), .6); }
.wn1 { background: rgba(var(--warm), .12); } .wn2 { background: rgba(var(--warm), .26); }
.wn3 { background: rgba(var(--warm), .42); } .wn4 { background: rgba(var(--warm), .6); }
details { margin: .5rem 0; }
summary { cursor: pointer; padding: .3rem 0; }
.answers td { min-width: 7rem; max-width: 24rem; }
.answers td.n { min-width: 0; } .answers td:last-child { white-space: nowrap; }
.answers td.question { min-width: 20rem; max-width: 40rem; white-space: pre-wrap; }
.canary { color: var(--soft); font-size: .75rem; overflow-wrap: anywhere; }
.filter { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
select, .filter button { font: inherit; padding: .25rem .5rem; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
.bar { vertical-align: middle; } .bar-all { fill: var(--line); } .bar-part { fill: var(--accent); }
.failures td, .missing td { white-space: pre-wrap; overflow-wrap: anywhere; }
[hidden] { display: none; }
@media (max-width: 40rem) {
  body { padding: .5rem .75rem 3rem; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .5rem; }
  tbody th, tfoot th, thead th:first-child { min-width: 7.5rem; max-width: 9.5rem; overflow-wrap: anywhere; }
  tbody th.n, thead th.n:first-child { min-width: 0; }
  .heat tbody th { white-space: normal; }
  th, td { padding: .3rem .5rem; }
  .answers td.question { min-width: 14rem; }
  nav a { padding: .45rem 0; }
}
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { color-scheme: light; --back: #fff; --text: #000; --soft: #444; --line: #bbb; --card: #f3f3f3; --accent: #1f5fbf;
    --good: #0b6a3e; --good-back: #e2f3e9; --worse: #a21f1f; --worse-back: #fbe7e6; --warm: 201, 92, 14; --cold: 31, 95, 191;
    --s0: #1f5fbf; --s1: #c95c0e; --s2: #0b7a4b; --s3: #8a3fb0; --s4: #a8325e; --s5: #5b6470; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  html { font-size: 10pt; } body { max-width: none; padding: 0; }
  nav, .filter { display: none; }
  .wide { overflow: visible; border: 0; max-width: none; }
  table { font-size: 7.5pt; } th, td { padding: 1pt 3pt; } tr { break-inside: avoid; }
  tbody th, tfoot th, thead th:first-child, caption { position: static; }
  tfoot { display: table-row-group; } caption, p { break-after: avoid; }
  th.n, td.n { white-space: normal; }
  svg.row { width: 110px; height: auto; }
  h2, h3 { break-after: avoid; }
}
)css";
}

}  // namespace lorasweep
