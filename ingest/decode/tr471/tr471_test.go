package tr471

import (
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New() }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func TestBombs(t *testing.T) { decodetest.Bombs(t, New(), "") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, decoder) }
