"""An example plugin for Licence Provenance: `spreadsheet` adds a format, `caution` adds a policy."""
