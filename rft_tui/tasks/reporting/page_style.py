"""How the page of a report looks: quiet, in light and in dark, and on paper."""

PAGE_STYLE = """
:root{--paper:#fbfaf7;--panel:#f1efe8;--ink:#20242b;--dim:#565e6b;--rule:#cbc6ba;--good:#125e38;--bad:#b4122f;
  --warning:#6f5d00;--accent:#1f55b5}
@media (prefers-color-scheme:dark){
:root{--paper:#15181d;--panel:#1d2127;--ink:#e3e6ea;--dim:#a3abb6;--rule:#3a414b;--good:#6fcf97;--bad:#ff8a8a;
  --warning:#e0c060;--accent:#8ab4ff}
svg polyline,svg line,svg circle,svg rect{filter:brightness(1.7)}
}
*{box-sizing:border-box}
body{margin:0 auto;max-width:920px;padding:28px 24px 60px;background:var(--paper);color:var(--ink);
  font:15px/1.5 system-ui,sans-serif}
h1{font-size:26px;line-height:1.25;margin:0 0 4px}
h2{font-size:19px;margin:34px 0 8px;padding-top:12px;border-top:1px solid var(--rule)}
.about{color:var(--dim);margin:0 0 18px}
table{border-collapse:collapse;margin:8px 0 18px;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--dim);padding-bottom:4px}
th,td{padding:4px 10px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule);
  overflow-wrap:break-word}
td:first-child{min-width:9em;max-width:24em;overflow-wrap:anywhere}
th{font-weight:600;color:var(--dim)}
.number{text-align:right;white-space:nowrap}
th{vertical-align:bottom}
th.number{white-space:normal}
.good{color:var(--good)}
.bad{color:var(--bad)}
.warning{color:var(--warning)}
.note{border-left:4px solid var(--rule);background:var(--panel);padding:4px 12px;margin:4px 0}
.note.warning{border-color:var(--warning)}
.note.bad{border-color:var(--bad)}
.note.good{border-color:var(--good)}
.mark{display:inline-block;background:var(--warning);color:var(--paper);font-weight:700;padding:1px 8px;
  border-radius:3px;letter-spacing:.06em}
figure{margin:10px 0 20px}
figcaption{color:var(--dim)}
svg{max-width:100%;height:auto}
details{border:1px solid var(--rule);border-radius:4px;margin:6px 0;padding:6px 12px;background:var(--panel)}
summary{cursor:pointer;overflow-wrap:anywhere}
.label{color:var(--dim);font-size:13px;margin:10px 0 2px}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font:13px/1.45 ui-monospace,monospace}
.wide{overflow-x:auto}
@media print{
body{max-width:none}
details{break-inside:avoid}
}
"""
"""A style sheet without anything that is loaded."""
