package scrub

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rione/ingest"
)

// marker begins the payload of a message whose body was not kept. No message of
// any format begins so.
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

// Refused returns why a message's body was not kept, nil for a message that has
// its body.
func Refused(payload []byte) *ingest.Refusal {
	rest, ok := bytes.CutPrefix(payload, []byte(marker))
	if !ok {
		return nil
	}
	reason, text, _ := strings.Cut(string(rest), " ")
	length, detail, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(length)
	switch {
	case err != nil || !reasons[ingest.Reason(reason)]:
		return ingest.Refuse(ingest.Unparsable, "not a message of any format")
	case reason == string(ingest.NoRoute):
		return ingest.Refuse(ingest.NoRoute, fmt.Sprintf("no route said what its %d bytes are, so they were not kept: %s", n, detail))
	}
	return ingest.Refuse(ingest.Reason(reason), fmt.Sprintf("could not be scrubbed, so its %d bytes were not kept: %s", n, detail))
}

// reasons are those with which a body is not kept.
var reasons = map[ingest.Reason]bool{
	ingest.Unparsable: true, ingest.Empty: true, ingest.TooLarge: true, ingest.UnknownField: true, ingest.NoRoute: true, ingest.BadTag: true,
}
