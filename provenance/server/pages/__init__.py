"""Pages for people: the front page, the library, a finding, the page behind a citation."""
