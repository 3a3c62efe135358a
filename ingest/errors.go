package ingest

import "errors"

// Errors of the intake, as doors see them.
var (
	// ErrTooLarge is returned by Intake.Submit for a message over the size limit.
	ErrTooLarge = errors.New("message is larger than the limit")
	// ErrClosed is returned by Intake.Submit after the intake began to shut down.
	ErrClosed = errors.New("intake is closed")
)

// Reason says why a message, or a field of it, did not become a point. The set
// is closed: metrics, the ledger and the quarantine's filters rely on it.
type Reason string

// The reasons.
const (
	UnknownDevice   Reason = "unknown_device"    // no device of that identity is registered
	UnknownFormat   Reason = "unknown_format"    // the route names a format that does not exist
	NoRoute         Reason = "no_route"          // no route fits the topic
	Unparsable      Reason = "unparsable"        // the payload is not what its format says
	Empty           Reason = "empty"             // there is no payload, or nothing in it
	WrongType       Reason = "wrong_type"        // a field's value is not of the field's type
	UnknownField    Reason = "unknown_field"     // no field is known to the measurement
	UnknownUnit     Reason = "unknown_unit"      // the unit is not known, or is of another quantity
	BadTag          Reason = "bad_tag"           // an extra tag breaks the pattern
	Clock           Reason = "clock"             // the time is impossible and the route's policy refuses it
	NotPermitted    Reason = "not_permitted"     // the publisher may not speak for that device
	RejectedByStore Reason = "rejected_by_store" // the store refused the point
	OverQuota       Reason = "over_quota"        // the device or comune is over its quota
	TooLarge        Reason = "too_large"         // the message expands beyond the limits
)

// Refusal is why a message, or one field of it, was refused. It is an error.
type Refusal struct {
	Reason Reason
	Field  string // the field or path that is at fault, "" for the whole message
	Unit   string // as the message gives it, of an unknown unit
	Detail string // what a person should know, without personal data
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return string(r.Reason) + ": " + r.Detail
	}
	return string(r.Reason) + ": " + r.Field + ": " + r.Detail
}

// Refuse returns a Refusal of the whole message.
func Refuse(reason Reason, detail string) *Refusal { return &Refusal{Reason: reason, Detail: detail} }
