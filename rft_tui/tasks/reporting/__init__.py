"""Reports: what was compared, as a document that stands alone, in HTML, Markdown or JSON."""
