package tts

import (
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New(nil) }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func TestBombs(t *testing.T) { decodetest.Bombs(t, New(nil), "") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, decoder, "v3/a@t/devices/eui-1/up") }
