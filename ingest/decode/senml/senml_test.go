package senml

import (
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New() }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func TestBombs(t *testing.T) { decodetest.Bombs(t, New(), "sc/v1/058091/air/dev-00000/up") }

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, decoder, "sc/v1/058091/air/dev-00000/up", "sc/v1/058091/air/dev-00000/meta")
}
