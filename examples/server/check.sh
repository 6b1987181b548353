#!/bin/sh
# Check a text by curl: sh check.sh [SERVER]
curl --silent --show-error --json @- "${1:-http://127.0.0.1:8000}/check" <<'END'
{
  "text": "Launched by a Saturn V rocket from Kennedy Space Center in Merritt Island, Florida, on July 16, Apollo 11 was the fifth manned mission of NASA's Apollo program. Quite so.",
  "prompt": "Tell me about Apollo 11.",
  "format": "text"
}
END
