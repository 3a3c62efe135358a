package ucentral

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"

	"rione/ingest"
)

// maxInflated bounds a decompressed state. One of a hundred clients has 100 KB.
const maxInflated = 4 << 20

// Inflate undoes compress_64: base64 of zlib, which devices send for states
// that are large. It returns a *ingest.Refusal for what is damaged, or expands
// to more than 4 MiB.
func Inflate(packed []byte) ([]byte, error) {
	z, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(packed)))
	if err != nil {
		return nil, refuseCompressed("is not zlib in base64")
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	switch {
	case err != nil:
		return nil, refuseCompressed("is damaged")
	case len(plain) > maxInflated:
		return nil, &ingest.Refusal{Reason: ingest.TooLarge, Field: "compress_64", Detail: "it expands to more than 4 MiB"}
	}
	return plain, nil
}

func refuseCompressed(detail string) error {
	return &ingest.Refusal{Reason: ingest.Unparsable, Field: "compress_64", Detail: detail}
}
