package wire

import (
	"strings"

	"rione/ingest"
)

// Unknown lists a field that no measurement has. Of a message that is full of
// them, the first hundred are enough.
func Unknown(out *ingest.Readings, field string) {
	if len(out.Unknown) < maxListed {
		out.Unknown = append(out.Unknown, strings.Clone(field))
	}
}

// Absent lists a figure that stands for no measurement and is left out.
func Absent(out *ingest.Readings, field string, figure float64) {
	if len(out.Absent) < maxListed {
		out.Absent = append(out.Absent, ingest.Absent{Field: field, Num: figure})
	}
}

// Refuse lists a field that could not be understood while others were.
func Refuse(out *ingest.Readings, reason ingest.Reason, field, detail string) {
	refuse(out, &ingest.Refusal{Reason: reason, Field: strings.Clone(field), Detail: detail})
}

func refuse(out *ingest.Readings, r *ingest.Refusal) {
	if len(out.Refused) < maxListed {
		out.Refused = append(out.Refused, *r)
	}
}

// Outcome returns nil when out holds a reading, else the refusal of the whole
// message: the first refused field, or that no field is known, or that there
// was none.
func Outcome(out *ingest.Readings) error {
	switch {
	case len(out.All()) > 0:
		return nil
	case len(out.Refused) > 0:
		first := out.Refused[0]
		out.Refused = out.Refused[:0]
		return &first
	case len(out.Unknown) > 0:
		return &ingest.Refusal{
			Reason: ingest.UnknownField, Field: out.Unknown[0],
			Detail: "no field of the message is known to the measurement",
		}
	}
	if len(out.Absent) > 0 {
		return &ingest.Refusal{Reason: ingest.Empty, Field: out.Absent[0].Field, Detail: "every figure of the message says that there was no measurement"}
	}
	return ingest.Refuse(ingest.Empty, "the message holds no value")
}
