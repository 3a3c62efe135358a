package scrub

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rione/ingest"
)

// marker begins the payload of a message whose body was not kept. No format
// that is scrubbed begins so.
const marker = "scrub-refused "

// refused is the payload that stands for a body of that length.
func refused(length int, err error) []byte {
	reason, detail := ingest.Unparsable, "it could not be read"
	var r *ingest.Refusal
	if errors.As(err, &r) {
		reason, detail = r.Reason, r.Detail
		if r.Field != "" {
			detail = r.Field + " " + detail
		}
	}
	return fmt.Appendf(nil, "%s%s %d %s", marker, reason, length, detail)
}

// refusal is what refused wrote, nil for any other payload.
func refusal(payload []byte) *ingest.Refusal {
	rest, ok := bytes.CutPrefix(payload, []byte(marker))
	if !ok {
		return nil
	}
	reason, text, _ := strings.Cut(string(rest), " ")
	length, detail, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(length)
	if err != nil || !reasons[ingest.Reason(reason)] {
		return ingest.Refuse(ingest.Unparsable, "not a message of any format")
	}
	return ingest.Refuse(ingest.Reason(reason), fmt.Sprintf("could not be scrubbed, so its %d bytes were not kept: %s", n, detail))
}

// reasons are those with which a body is not read.
var reasons = map[ingest.Reason]bool{ingest.Unparsable: true, ingest.Empty: true, ingest.TooLarge: true, ingest.UnknownField: true}

// Decoder returns next for messages that may have come through Before: what
// could not be scrubbed is refused with the reason that it had then.
func Decoder(next ingest.Decoder) ingest.Decoder { return decoder{next} }

type decoder struct{ next ingest.Decoder }

// Decode implements ingest.Decoder.
func (d decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	if r := refusal(m.Payload); r != nil {
		return r
	}
	return d.next.Decode(m, out)
}
