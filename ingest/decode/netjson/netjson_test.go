package netjson

import (
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New() }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func TestBombs(t *testing.T) { decodetest.Bombs(t, New(), "") }

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, decoder, "/api/v1/monitoring/device/1/?time=22-11-2025_06:00:00.1")
}
