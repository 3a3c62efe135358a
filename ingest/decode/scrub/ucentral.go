package scrub

import (
	"github.com/valyala/fastjson"

	"rione/ingest/decode/ucentral"
	"rione/ingest/decode/wire"
)

// ucentralMessage keeps an access point's message with its envelope. A body
// that is compressed comes out plain.
type ucentralMessage struct{}

func (ucentralMessage) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	for _, envelope := range [...]string{"params", "payload"} {
		if inner := v.Get(envelope); wire.IsObject(inner) {
			dst = append(dst, `{"`+envelope+`":`...)
			dst, err := ucentralPlain(dst, inner)
			return append(dst, '}'), err
		}
	}
	return ucentralPlain(dst, v)
}

func ucentralPlain(dst []byte, v *fastjson.Value) ([]byte, error) {
	packed := v.GetStringBytes("compress_64")
	if len(packed) == 0 {
		return ucentralBody.append(dst, v)
	}
	plain, err := ucentral.Inflate(packed)
	if err != nil {
		return dst, err
	}
	var p wire.Parser
	body, err := p.ParseObject(plain)
	if err != nil {
		return dst, err
	}
	return ucentralBody.append(dst, body)
}
