"""Reader plugins: from a file to the works in it. A module named `_…` only helps the others."""
