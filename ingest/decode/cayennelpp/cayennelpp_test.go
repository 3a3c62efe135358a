package cayennelpp

import (
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New() }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, decoder) }
