package tts

import (
	"time"

	"rione/ingest/decode/wire"
)

// date returns the first of texts that is a time, the zero time when none is.
func date(texts ...[]byte) time.Time {
	for _, text := range texts {
		if t, ok := wire.Date(wire.Text(text)); ok {
			return t
		}
	}
	return time.Time{}
}
