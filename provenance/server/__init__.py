"""The server of `provenance serve`: API, pages and proxy over HTTP. It needs the extra `serve`."""
