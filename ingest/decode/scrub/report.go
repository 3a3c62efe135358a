package scrub

import (
	"github.com/valyala/fastjson"

	"rione/ingest/decode/bulkdata"
	"rione/ingest/decode/wire"
)

// report keeps a bulk data report's time and the parameters that the decoder
// knows, in either layout. An agent may report everything that TR-181 has:
// hosts of a home, their names and when they were active.
type report struct{}

func (report) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	if v.Type() != fastjson.TypeObject {
		return append(dst, null...), nil
	}
	return parameters(dst, "", v), nil
}

func parameters(dst []byte, path string, v *fastjson.Value) []byte {
	dst = append(dst, '{')
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		full := path + wire.Text(key)
		switch {
		case !isPath(key):
		case v.Type() == fastjson.TypeObject:
			before := len(dst)
			if dst = parameters(member(dst, wire.Text(key)), full+".", v); dst[len(dst)-2] == '{' {
				dst = dst[:before] // nothing in it is kept
			}
		case full == "CollectionTime" || bulkdata.Reads(full):
			dst, _ = keep.append(member(dst, wire.Text(key)), v)
		}
	})
	return append(dst, '}')
}

// isPath tells whether every part of a key can be a name, a number or an alias of
// TR-181.
func isPath(key []byte) bool {
	for rest := wire.Text(key); ; {
		var part string
		part, rest = bulkdata.CutPart(rest)
		if !isName([]byte(part)) && !bulkdata.IsAlias(part) {
			return false
		}
		if rest == "" {
			return true
		}
	}
}
